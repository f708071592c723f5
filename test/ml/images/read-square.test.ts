import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { Problem } from '../../../configs/problem.js';
import { readSquare } from '../../../ml/images/read-square.js';
import { picture, png } from './photo-set.js';
import { withChunk } from './png-chunk.js';

/** Made by littlecms, or by the profile's formula: see fix/correct.test.ts. */
const golden = JSON.parse(readFileSync(join('test', 'ml', 'images', 'golden', 'colour.json'), 'utf8')) as {
  readonly side: number;
  readonly cases: readonly { readonly name: string; readonly file: string; readonly expected: string }[];
};
/** Levels, where they are more than one: eight bits of Adobe RGB are coarse near black. */
const MOST: Readonly<Record<string, number>> = { '16 bits, Adobe RGB, PNG': 3, '16 bits, grey of gamma 1.8, PNG': 2 };

function differences(a: Uint8Array, b: Uint8Array): number[] {
  assert.equal(a.length, b.length);
  return [...a].map((value, index) => Math.abs(value - (b[index] ?? NaN)));
}
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** A PNG with the EXIF orientation 3 (PNG 3, 11.3.3.7; Exif 3.0, 4.6.5): a chunk right behind its header. */
function upsideDown(png: Buffer): Buffer {
  const exif = Buffer.from('49492a00080000000100120103000100000003000000000000000000', 'hex');
  return withChunk(png, 'eXIf', exif);
}

describe('readSquare', () => {
  const limits = { size: 64, maxPixels: 60_000, minSide: 1, where: 'my.jpg' };

  it('reads grey, 16 bits and palettes as RGB bytes', async () => {
    const original = await picture(3);
    // Grey loses the colour.
    const limitsOf: Readonly<Record<string, number>> = { grey: 80, deep: 1, palette: 8 };
    const versions = {
      grey: original.clone().toColourspace('b-w').png(),
      deep: original.clone().toColourspace('rgb16').png(),
      palette: original.clone().png({ palette: true }),
    };
    const expected = await readSquare(await original.clone().png().toBuffer(), limits);
    for (const [name, version] of Object.entries(versions)) {
      const square = await readSquare(await version.toBuffer(), limits);
      assert.equal(square.length, 64 * 64 * 3, name);
      assert.ok(mean(differences(square, expected)) < (limitsOf[name] ?? 0), name);
    }
  });

  for (const { name, file, expected } of golden.cases) {
    it(`sees ${name} in the colours that its profile says`, async () => {
      const square = await readSquare(Buffer.from(file, 'base64'), { ...limits, size: golden.side });
      const wrong = differences(square, Buffer.from(expected, 'base64'));
      assert.ok(Math.max(...wrong) <= (MOST[name] ?? 1) && mean(wrong) < 0.5, `most ${Math.max(...wrong)}, mean ${mean(wrong)}`);
    });
  }

  it('turns a photo of sixteen bits and Display P3 upright, and keeps its colours', async () => {
    const { file = '', expected = '' } = golden.cases.find(({ name }) => name === '16 bits, Display P3, PNG') ?? {};
    const turned = upsideDown(Buffer.from(file, 'base64'));
    const { depth, orientation, icc } = await sharp(turned).metadata();
    assert.deepEqual([depth, orientation, icc === undefined], ['ushort', 3, false]);
    const size = golden.side;
    const wanted = await sharp(Buffer.from(expected, 'base64'), { raw: { width: size, height: size, channels: 3 } })
      .rotate(180)
      .raw()
      .toBuffer();
    const wrong = differences(await readSquare(turned, { ...limits, size }), wanted);
    assert.ok(Math.max(...wrong) <= 1, `most ${Math.max(...wrong)}`);
  });

  it('refuses a profile that cannot be used, instead of passing over it', async () => {
    const bytes = await (await picture(7)).withIccProfile('p3').tiff().toBuffer();
    const { icc } = await sharp(bytes).metadata();
    assert.ok(icc);
    const at = bytes.indexOf(icc);
    const broken = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(icc.length, 1), bytes.subarray(at + icc.length)]);
    await assert.rejects(
      readSquare(broken, limits),
      (error) => error instanceof Problem && error.where === 'my.jpg' && /colour profile ".*", which cannot be used/.test(error.message),
    );
  });

  for (const [name, make] of Object.entries({
    'no picture': () => Promise.resolve(Buffer.from('no picture')),
    'a truncated one': async () => (await (await picture(4)).jpeg().toBuffer()).subarray(0, 3000),
    'more pixels than the limit': () => png(5, 300, 201),
    'a GIF, which the audit refuses': async () => (await picture(6)).gif().toBuffer(),
  })) {
    it(`refuses ${name}, naming the photo`, async () => {
      const bytes = await make();
      await assert.rejects(
        readSquare(bytes, limits),
        (error) => error instanceof Problem && error.code === 'PHOTO' && error.where === 'my.jpg',
      );
    });
  }
});
