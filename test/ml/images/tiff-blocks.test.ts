import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { decodeWhole, readHeader } from '../../../ml/images/decode.js';
import { checkTiffBlocks } from '../../../ml/images/tiff-blocks.js';
import { TiffDirectory } from '../../../ml/images/tiff-directory.js';
import { madePhoto } from './made-photo.js';
import { picture } from './photo-set.js';

const STRIPS = { offsets: 273, lengths: 279 };
const TILES = { offsets: 324, lengths: 325 };

/** Where the last byte of each block stands: the end of its checksum. */
function endsOf(tiff: Buffer, tags: { readonly offsets: number; readonly lengths: number }): number[] {
  const directory = new TiffDirectory(tiff);
  const lengths = directory.numbers(tags.lengths);
  return directory.numbers(tags.offsets).map((offset, number) => offset + (lengths[number] ?? NaN) - 1);
}

function turned(bytes: Buffer, at: number): Buffer {
  const out = Buffer.from(bytes);
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}

const deflated: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  'in strips': (image) => image.tiff({ compression: 'deflate', predictor: 'none' }),
  'in strips, each row as differences': (image) => image.tiff({ compression: 'deflate', predictor: 'horizontal' }),
  'in tiles that reach over the edge': (image) => image.tiff({ compression: 'deflate', tile: true, tileWidth: 128, tileHeight: 64 }),
  'of 16 bits': (image) => image.toColourspace('rgb16').tiff({ compression: 'deflate' }),
  'of one bit': (image) => image.toColourspace('b-w').tiff({ compression: 'deflate', bitdepth: 1, predictor: 'none' }),
  'in CMYK': (image) => image.toColourspace('cmyk').tiff({ compression: 'deflate' }),
};

describe('checkTiffBlocks', () => {
  for (const [name, write] of Object.entries(deflated)) {
    it(`takes a sound TIFF ${name}, and tells which block does not agree with its checksum`, async () => {
      const sound = await write(await picture(1, 300, 500)).toBuffer();
      await checkTiffBlocks(sound);
      const kind = name.includes('tiles') ? 'tile' : 'strip';
      const ends = endsOf(sound, kind === 'tile' ? TILES : STRIPS);
      assert.ok(ends.length > 0);
      for (const [number, end] of ends.entries())
        await assert.rejects(checkTiffBlocks(turned(sound, end)), {
          code: 'PHOTO',
          message: `${kind} ${number + 1} of ${ends.length} does not agree with its checksum`,
        });
    });
  }

  it('finds a turned bit wherever it is, also where libtiff decodes it without a word', async () => {
    const sound = await sharp(await madePhoto(2))
      .tiff({ compression: 'deflate', tile: true, tileWidth: 256, tileHeight: 256 })
      .toBuffer();
    let silent = 0;
    for (const end of endsOf(sound, TILES))
      for (const before of [0, 100, 1000, 2000]) {
        const hurt = turned(sound, end - before);
        const decoded = await decodeWhole(hurt, await readHeader(hurt)).then(
          () => true,
          () => false,
        );
        if (decoded) silent++;
        await assert.rejects(checkTiffBlocks(hurt), /checksum/);
      }
    assert.ok(silent > 0);
  });

  it('takes a photo of one bit that does not say so, which is what is meant by saying nothing', async () => {
    const sound = await (await picture(5)).toColourspace('b-w').tiff({ compression: 'deflate', bitdepth: 1, predictor: 'none' }).toBuffer();
    assert.deepEqual(new TiffDirectory(sound).numbers(258), [1]);
    const entry = sound.indexOf(Buffer.from([0x02, 0x01, 0x03, 0, 1, 0, 0, 0]));
    sound.writeUInt16LE(65_000, entry);
    assert.deepEqual(new TiffDirectory(sound).numbers(258), []);
    await checkTiffBlocks(sound);
  });

  it('inflates no block to more than its rows hold', async () => {
    const sound = await (await picture(3)).tiff({ compression: 'deflate' }).toBuffer();
    const [end = NaN] = endsOf(sound, STRIPS);
    const start = new TiffDirectory(sound).numbers(STRIPS.offsets)[0] ?? NaN;
    const bomb = deflateSync(Buffer.alloc(30_000_000));
    assert.ok(bomb.length <= end + 1 - start);
    bomb.copy(sound, start);
    await assert.rejects(checkTiffBlocks(sound), (error: Error) => {
      assert.match(String(error.cause), /larger than/i);
      return true;
    });
  });

  it('says nothing of blocks that carry no checksum, nor of a directory that cannot be read', async () => {
    for (const compression of ['none', 'lzw', 'packbits', 'jpeg'] as const)
      await checkTiffBlocks(await (await picture(4)).tiff({ compression }).toBuffer());
    const sound = await (await picture(4)).tiff({ compression: 'deflate', bigtiff: true }).toBuffer();
    for (const bytes of [sound, sound.subarray(0, 6), Buffer.from('II*\0\xff\xff\xff\xff', 'latin1')]) await checkTiffBlocks(bytes);
  });
});
