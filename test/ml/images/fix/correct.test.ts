import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { Problem } from '../../../../configs/problem.js';
import type { FixAction } from '../../../../configs/schema/fix.js';
import { readHeader } from '../../../../ml/images/decode.js';
import { corrected } from '../../../../ml/images/fix/correct.js';
import { picture } from '../photo-set.js';

const golden = JSON.parse(readFileSync(join('test', 'ml', 'images', 'golden', 'colour.json'), 'utf8')) as {
  readonly side: number;
  readonly cases: readonly { readonly name: string; readonly file: string; readonly expected: string }[];
};
/** Levels, where they are more than one: eight bits of Adobe RGB are coarse near black. */
const MOST: Readonly<Record<string, number>> = { '16 bits, Adobe RGB, PNG': 3, '16 bits, grey of gamma 1.8, PNG': 2 };

const asPng = (bytes: Buffer, ...actions: readonly FixAction[]): Promise<Buffer> => corrected(bytes, 'png', [...actions, 'encoded-as-png']);
const asJpeg = (bytes: Buffer): Promise<Buffer> => corrected(bytes, 'jpeg', ['encoded-as-jpeg']);
const pixels = (bytes: Buffer): Promise<Buffer> => sharp(bytes, { ignoreIcc: true }).removeAlpha().raw().toBuffer();

function differences(a: Uint8Array, b: Uint8Array): { most: number; mean: number } {
  assert.equal(a.length, b.length);
  const all = [...a].map((value, index) => Math.abs(value - (b[index] ?? NaN)));
  return { most: all.reduce((most, one) => Math.max(most, one), 0), mean: all.reduce((sum, one) => sum + one, 0) / all.length };
}

/** What a camera stores so that each orientation shows the same picture. */
const STORED: readonly ((image: Sharp) => Sharp)[] = [
  (image) => image,
  (image) => image.flop(),
  (image) => image.rotate(180),
  (image) => image.flip(),
  (image) => image.rotate(270).flop(),
  (image) => image.rotate(270),
  (image) => image.rotate(90).flop(),
  (image) => image.rotate(90),
];

async function stored(image: Sharp, orientation: number): Promise<Sharp> {
  const turn = STORED[orientation - 1];
  assert.ok(turn);
  const { data, info } = await turn(image.clone()).raw().toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } }).withMetadata({ orientation });
}

/** A TIFF of 32-bit numbers with a point, three to a pixel, without any packing (TIFF 6.0; SampleFormat 3). */
function floatTiff(side = 240): Buffer {
  const SHORT = 3;
  const LONG = 4;
  const entries: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, LONG, 1, side],
    [257, LONG, 1, side],
    [258, SHORT, 3, 134],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 2],
    [273, LONG, 1, 146],
    [277, SHORT, 1, 3],
    [278, LONG, 1, side],
    [279, LONG, 1, 12 * side * side],
    [339, SHORT, 3, 140],
  ];
  const head = Buffer.alloc(146);
  head.write('II*\0', 0, 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], index) => {
    const at = 10 + 12 * index;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(value, at + 8);
  });
  [32, 32, 32, 3, 3, 3].forEach((value, index) => head.writeUInt16LE(value, 134 + 2 * index));
  return Buffer.concat([head, Buffer.from(new Float32Array(3 * side * side).fill(0.5).buffer)]);
}

describe('corrected', () => {
  for (const { name, file, expected } of golden.cases) {
    it(`converts ${name} to what littlecms, or the profile's formula, makes of it`, async () => {
      const right = await asPng(Buffer.from(file, 'base64'));
      const { most, mean } = differences(await pixels(right), Buffer.from(expected, 'base64'));
      assert.ok(most <= (MOST[name] ?? 1) && mean < 0.5, `most ${most}, mean ${mean}`);
      const { space, depth, colour, hasAlpha, format } = await readHeader(right);
      assert.deepEqual([space, depth, colour?.srgb, hasAlpha, format], ['srgb', 'uchar', true, false, 'png']);
    });
  }

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`turns a photo of orientation ${orientation} upright to the last pixel, as PNG, TIFF and WebP without loss`, async () => {
      const upright = await picture(1, 300, 240);
      const expected = await upright.clone().raw().toBuffer();
      const image = await stored(upright, orientation);
      const versions = [
        image.clone().png(),
        image.clone().tiff({ compression: 'lzw' }),
        image.clone().webp({ lossless: true, exact: true }),
      ];
      for (const version of versions) {
        const right = await asPng(await version.toBuffer());
        const header = await readHeader(right);
        assert.deepEqual([header.width, header.height, header.orientation], [300, 240, 1]);
        assert.ok((await pixels(right)).equals(expected));
      }
    });
  }

  it('encodes JPEG with full colour resolution, so that it loses less than a level in the mean', async () => {
    const jpeg = await (await stored(await picture(2, 300, 240), 6)).jpeg({ quality: 90 }).toBuffer();
    const right = await asJpeg(jpeg);
    const { chromaSubsampling, format, orientation } = await sharp(right).metadata();
    assert.deepEqual([format, chromaSubsampling, orientation ?? 1], ['jpeg', '4:4:4', 1]);
    const { mean } = differences(await pixels(right), await sharp(jpeg, { autoOrient: true }).raw().toBuffer());
    assert.ok(mean < 1, `mean ${mean}`);
  });

  it('keeps no EXIF, no place and no XMP', async () => {
    const jpeg = await (
      await picture(3)
    )
      .withExif({ IFD0: { Copyright: 'somebody' }, IFD3: { GPSLatitudeRef: 'N' } })
      .withXmp('<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>')
      .jpeg()
      .toBuffer();
    const before = await sharp(jpeg).metadata();
    assert.ok(before.exif !== undefined && before.xmp !== undefined, 'the photo has both');
    const { exif, xmp, iptc } = await sharp(await asJpeg(jpeg)).metadata();
    assert.deepEqual([exif, xmp, iptc], [undefined, undefined, undefined]);
  });

  it('lets white through where a photo is transparent, and changes nothing where an alpha channel hides nothing', async () => {
    const solid = await picture(4);
    const expected = await solid.clone().raw().toBuffer();
    assert.ok((await pixels(await asPng(await solid.clone().ensureAlpha().png().toBuffer()))).equals(expected));
    const half = await pixels(await asPng(await solid.clone().ensureAlpha(0.5).png().toBuffer(), 'flattened-on-white'));
    const white = expected.map((value) => Math.round(value * (128 / 255) + 255 * (127 / 255)));
    assert.ok(differences(half, white).most <= 1);
    const grey = await sharp({ create: { width: 240, height: 230, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    assert.ok((await pixels(await asPng(grey, 'flattened-on-white'))).every((value) => value === 255));
  });

  it('cuts what stands behind the picture, and touches nothing else', async () => {
    const jpeg = await (await picture(5)).jpeg().toBuffer();
    const longer = Buffer.concat([jpeg, Buffer.from('a video')]);
    assert.ok((await corrected(longer, 'jpeg', ['trailing-bytes-dropped'])).equals(jpeg));
    assert.equal(await corrected(longer, 'jpeg', ['renamed']), longer);
  });

  const refused: Readonly<Record<string, readonly [make: () => Promise<Buffer>, message: RegExp]>> = {
    'CMYK without a profile': [async () => (await picture(6)).toColourspace('cmyk').jpeg().toBuffer(), /CMYK without a profile/],
    'a profile that is none': [
      async () => {
        // The tag's bytes stay where they are, and say nothing any more.
        const bytes = await (await picture(7)).withIccProfile('p3').tiff().toBuffer();
        const { icc } = await sharp(bytes).metadata();
        assert.ok(icc);
        const at = bytes.indexOf(icc);
        return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(icc.length, 1), bytes.subarray(at + icc.length)]);
      },
      /colour profile ".*", which cannot be used/,
    ],
    'numbers with a point': [() => Promise.resolve(floatTiff()), /as float/],
    'half a photo': [async () => (await (await picture(9)).jpeg().toBuffer()).subarray(0, 4_000), /./],
  };
  for (const [name, [make, message]] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const bytes = await make();
      await assert.rejects(asPng(bytes), (error) => error instanceof Problem && error.code === 'PHOTO' && message.test(error.message));
    });
  }
});
