import assert from 'node:assert/strict';
import fc from 'fast-check';
import sharp from 'sharp';
import { readHeader } from '../../../ml/images/decode.js';
import { encoderOf, type Encoding } from '../../../ml/images/encoder.js';
import { readJpegHeader } from '../../../ml/images/jpeg-header.js';
import { picture } from './photo-set.js';

const encodingOf = async (bytes: Buffer): Promise<Encoding> => encoderOf(bytes, await readHeader(bytes));
const plain = { format: 'jpeg', exif: null, software: null };

/** A JPEG with one more segment behind its start. */
function withSegment(bytes: Buffer, marker: number, data: Buffer | string): Buffer {
  const content = Buffer.from(data as string, 'latin1');
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([bytes.subarray(0, 2), head, content, bytes.subarray(2)]);
}

describe('encoderOf', function () {
  this.timeout(30_000);

  it('tells how a JPEG was sampled and whether it is progressive, as sharp tells it', async () => {
    for (const chromaSubsampling of ['4:4:4', '4:2:0']) {
      for (const progressive of [false, true]) {
        const bytes = await (await picture(1)).jpeg({ chromaSubsampling, progressive }).toBuffer();
        const header = readJpegHeader(bytes);
        const metadata = await sharp(bytes).metadata();
        assert.deepEqual([header?.sampling, header?.progressive], [metadata.chromaSubsampling, metadata.isProgressive]);
        assert.match(
          (await encodingOf(bytes)).encoder ?? '',
          new RegExp(`^JPEG standard tables, ${chromaSubsampling}, ${progressive ? 'progressive' : 'baseline'}`),
        );
      }
    }
    const grey = await (await picture(1)).toColourspace('b-w').jpeg().toBuffer();
    assert.match((await encodingOf(grey)).encoder ?? '', /, grey, baseline/);
  });

  it('names one encoder for all qualities of the same tables, and another for other tables', async () => {
    const encoders = new Set<string | null>();
    for (const quality of [30, 75, 95]) encoders.add((await encodingOf(await (await picture(1)).jpeg({ quality }).toBuffer())).encoder);
    assert.equal(encoders.size, 1);
    const other = await encodingOf(await (await picture(1)).jpeg({ quantizationTable: 3 }).toBuffer());
    assert.match(other.encoder ?? '', /^JPEG tables [0-9a-f]{4}, 4:2:0/);
    assert.equal(other.quality, null);
  });

  const MAKERS: readonly (readonly [tags: Record<string, string>, encoder: string | RegExp])[] = [
    [{ Make: 'Canon', Model: 'Canon EOS 5D' }, 'Canon EOS 5D'],
    [{ Make: 'NIKON CORPORATION', Model: 'NIKON D90', Software: 'Ver.1.00 ' }, 'NIKON D90'],
    [{ Make: 'Apple', Model: 'iPhone 12', Software: '16.1' }, 'Apple iPhone 12'],
    [{ Make: 'samsung', Model: 'SM-G991B', Software: 'G991BXXU3AUE6' }, 'samsung SM-G991B'],
    [{ Make: 'Canon', Model: 'Canon EOS 5D', Software: 'Adobe Photoshop CS6' }, 'Adobe Photoshop CS6'],
    [{ Make: 'SONY', Model: 'ILCE-7', Software: 'digiKam-7.1.0' }, 'digiKam-7.1.0'],
    [{ Software: '2.10' }, '2.10'],
    [{ Artist: 'nobody' }, /^JPEG/],
  ];
  for (const [tags, encoder] of MAKERS) {
    it(`calls ${JSON.stringify(tags)} ${String(encoder)}`, async () => {
      const bytes = await (await picture(2)).withExif({ IFD0: tags }).jpeg().toBuffer();
      const told = (await encodingOf(bytes)).encoder ?? '';
      if (typeof encoder === 'string') assert.equal(told, encoder);
      else assert.match(told, encoder);
    });
  }

  it('reads EXIF in the other byte order, in WebP and of a TIFF itself', async () => {
    const big = Buffer.from('MM\0*\0\0\0\x08\0\x01\x01\x31\0\x02\0\0\0\x05\0\0\0\x1aGIMP\0', 'latin1');
    const tiff = Buffer.concat([big.subarray(0, 22), Buffer.alloc(4), big.subarray(22)]);
    assert.equal(encoderOf(Buffer.alloc(0), { ...plain, format: 'png', exif: tiff }).encoder, 'GIMP');
    assert.equal(encoderOf(tiff, { ...plain, format: 'tiff' }).encoder, 'GIMP');
    const webp = await (
      await picture(3)
    )
      .withExif({ IFD0: { Software: 'darktable 4.6' } })
      .webp()
      .toBuffer();
    assert.deepEqual(await encodingOf(webp), { quality: null, encoder: 'darktable 4.6' });
  });

  it('takes what programs sign in comments and texts, and no other comment', async () => {
    const bytes = await (await picture(4)).jpeg().toBuffer();
    const comments: Record<string, string | RegExp> = {
      'CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 85\n': 'gd-jpeg v1.0',
      'Created with GIMP\0': 'GIMP',
      'Lavc58.134.100': 'Lavc',
      'my holidays': /^JPEG/,
    };
    for (const [comment, encoder] of Object.entries(comments)) {
      const told = (await encodingOf(withSegment(bytes, 0xfe, comment))).encoder ?? '';
      if (typeof encoder === 'string') assert.equal(told, encoder);
      else assert.match(told, encoder);
    }
    assert.match(encoderOf(withSegment(bytes, 0xec, 'Ducky\0\x01'), plain).encoder ?? '', /, Ducky/);
    assert.equal(encoderOf(Buffer.alloc(0), { ...plain, format: 'png', software: 'Adobe ImageReady' }).encoder, 'Adobe ImageReady');
    assert.deepEqual(await encodingOf(await (await picture(5)).png().toBuffer()), { quality: null, encoder: null });
  });

  it('keeps what a file says of itself on one line, and short', () => {
    const { encoder } = encoderOf(Buffer.alloc(0), { ...plain, format: 'png', software: `two\nlines \u202e${'x'.repeat(5_000)}` });
    assert.match(encoder ?? '', /^two lines x+$/);
    assert.ok((encoder ?? '').length <= 100);
  });

  it('never throws: cut anywhere, altered anywhere, or of random bytes', async () => {
    const bytes = await (
      await picture(6, 64, 64)
    )
      .withExif({ IFD0: { Make: 'Canon', Model: 'Canon EOS 5D', Software: 'Adobe Photoshop' } })
      .jpeg({ progressive: true })
      .toBuffer();
    const { exif = null } = await sharp(bytes)
      .metadata()
      .then(({ exif }) => ({ exif: exif ?? null }));
    assert.ok(exif);
    for (let kept = 0; kept < bytes.length; kept++) encoderOf(bytes.subarray(0, kept), plain);
    for (let kept = 0; kept < exif.length; kept++) encoderOf(bytes, { ...plain, exif: exif.subarray(0, kept) });
    const altered = (from: Buffer): fc.Arbitrary<Buffer> =>
      fc.array(fc.tuple(fc.nat(from.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }).map((changes) => {
        const copy = Buffer.from(from);
        for (const [at, value] of changes) copy[at] = value;
        return copy;
      });
    const random = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
    const headed = random.map((rest) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xdb]), rest]));
    const tiff = random.map((rest) => Buffer.concat([Buffer.from('II*\0', 'latin1'), rest]));
    fc.assert(
      fc.property(fc.oneof(altered(bytes), headed, random), fc.oneof(altered(exif), tiff, random), (jpeg, block) => {
        const { quality } = encoderOf(jpeg, { ...plain, exif: block });
        assert.ok(quality === null || (quality >= 1 && quality <= 100));
        encoderOf(block, { ...plain, format: 'tiff' });
      }),
      { numRuns: 3_000 },
    );
  });

  it('is not kept busy by a directory of made-up tags', () => {
    const entries = 5_000;
    const bomb = Buffer.alloc(65_530);
    bomb.write('II*\0', 'latin1');
    bomb.writeUInt32LE(8, 4);
    bomb.writeUInt16LE(entries, 8);
    for (let entry = 0; entry < entries; entry++) {
      bomb.writeUInt16LE(entry % 2 === 0 ? 0x0131 : 50_000 + entry, 10 + 12 * entry);
      bomb.writeUInt16LE(2, 12 + 12 * entry);
      bomb.writeUInt32LE(0xffffffff, 14 + 12 * entry);
    }
    const began = process.cpuUsage();
    encoderOf(Buffer.alloc(0), { ...plain, exif: bomb });
    assert.ok(process.cpuUsage(began).user < 500_000);
  });
});
