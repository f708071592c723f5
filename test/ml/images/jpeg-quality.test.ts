import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readJpegHeader } from '../../../ml/images/jpeg-header.js';
import { jpegQuality } from '../../../ml/images/jpeg-quality.js';
import { picture } from './photo-set.js';

async function luminanceOf(quality: number): Promise<Uint16Array> {
  const bytes = await (await picture(1, 32, 32)).jpeg({ quality }).toBuffer();
  return readJpegHeader(bytes)?.tables[0] ?? assert.fail('no tables');
}

describe('jpegQuality', () => {
  it('is what libjpeg was asked for, at every quality', async () => {
    for (let quality = 1; quality <= 100; quality++) assert.equal(jpegQuality(await luminanceOf(quality)), quality);
  });

  it('is within 2 where every entry may be rounded in another way', async () => {
    const tables = await Promise.all(Array.from({ length: 90 }, (_, place) => luminanceOf(place + 5)));
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 94 }),
        fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 64, maxLength: 64 }),
        (quality, off) => {
          const rounded = Array.from(tables[quality - 5] ?? [], (entry, place) => Math.min(255, Math.max(1, entry + (off[place] ?? 0))));
          const told = jpegQuality(rounded);
          assert.ok(told !== null && Math.abs(told - quality) <= 2, `${told} for ${quality}`);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is null for tables of another family, and for none', () => {
    assert.equal(jpegQuality(Array.from({ length: 64 }, () => 8)), null);
    assert.equal(jpegQuality(Array.from({ length: 64 }, (_, place) => 2 + place)), null);
    assert.equal(jpegQuality([]), null);
  });
});
