/** HEIC, which is decoded by WebAssembly and read as a PNG from then on. */
import assert from 'node:assert/strict';
import sharp from 'sharp';
import { Problem } from '../../../configs/problem.js';
import { readHeader } from '../../../ml/images/decode.js';
import { corrected } from '../../../ml/images/fix/correct.js';
import { legible } from '../../../ml/images/legible.js';
import { lookAt } from '../../../ml/images/look.js';
import { pngWithProfile } from '../../../ml/images/made-png.js';
import { icc, withColours } from './coloured-photos.js';
import { heic } from './heic-photos.js';
import { picture, SETTINGS } from './photo-set.js';

/** As heic.py paints them: top left, top right, bottom left, bottom right. */
const QUARTERS = [
  [220, 40, 40],
  [40, 200, 60],
  [40, 60, 220],
  [230, 220, 60],
] as const;

const begin = (): Promise<void> => Promise.resolve();
const opened = async (bytes: Buffer): Promise<Buffer> => legible(bytes, await readHeader(bytes), begin);

/** The middle of each quarter, in the order of {@link QUARTERS}. */
async function quartersOf(png: Buffer): Promise<number[][]> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return [1, 3].flatMap((down) =>
    [1, 3].map((right) => {
      const at = (Math.floor((info.height * down) / 4) * info.width + Math.floor((info.width * right) / 4)) * 3;
      return [...data.subarray(at, at + 3)];
    }),
  );
}

function assertNear(found: readonly number[][], wanted: readonly (readonly number[])[]): void {
  for (const [at, colour] of wanted.entries())
    for (const [channel, value] of colour.entries())
      assert.ok(Math.abs(value - (found[at]?.[channel] ?? NaN)) <= 4, `quarter ${at}: ${found[at]?.join()} for ${colour.join()}`);
}

describe('a HEIC', () => {
  for (const name of ['plain', 'grid', 'ten-bits'] as const)
    it(`is read as it was painted: ${name}`, async () => assertNear(await quartersOf(await opened(await heic(name))), QUARTERS));

  it('is turned once, by what the file says, and not again by EXIF', async () => {
    const bytes = await heic('turned');
    const header = await readHeader(bytes);
    assert.deepEqual([header.width, header.height, header.orientation], [256, 320, 1]);
    const [topLeft, topRight, bottomLeft, bottomRight] = QUARTERS;
    const upright = [bottomLeft, topLeft, bottomRight, topRight];
    assertNear(await quartersOf(await opened(bytes)), upright);
    assertNear(await quartersOf(await corrected(bytes, 'heic', ['encoded-as-png'])), upright);
  });

  it('keeps its alpha', async () => {
    const { data } = await sharp(await opened(await heic('alpha')))
      .extractChannel(3)
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.ok((data[0] ?? 255) < 10 && (data.at(-1) ?? 0) > 245);
  });

  it('keeps more than 8 bits, with its white', async () => {
    const { depth, space } = await readHeader(await opened(await heic('ten-bits')));
    assert.deepEqual([depth, space], ['ushort', 'rgb16']);
  });

  const looked = async (bytes: Buffer): Promise<(readonly [string, string])[]> => {
    const { content } = await lookAt(bytes, { mode: 'full', limits: SETTINGS.photos, begin });
    return content.faults.map(([code, message]) => [code, message] as const);
  };

  it('is converted by its profile, and by its colour numbers', async () => {
    const plain = await heic('plain');
    const p3 = await icc('p3');
    const wanted = await quartersOf(
      await sharp(await picturePng(QUARTERS, p3))
        .toColourspace('srgb')
        .png()
        .toBuffer(),
    );
    const numbered = Buffer.from(plain);
    numbered.writeUInt32BE(0x000c_000d, numbered.indexOf('colrnclx') + 8);
    for (const bytes of [withColours(plain, 12, 13, p3), numbered]) {
      assert.deepEqual(
        (await looked(bytes)).map(([code]) => code),
        ['not-srgb'],
      );
      assertNear(await quartersOf(await corrected(bytes, 'heic', ['converted-to-srgb', 'encoded-as-png'])), wanted);
    }
  });

  it('counts for more memory than others', async () => {
    const bytes = await heic('plain');
    let asked = 0;
    await legible(bytes, await readHeader(bytes), (pixels) => ((asked = pixels), Promise.resolve()));
    assert.equal(asked, 3 * 320 * 256);
  });

  it('is refused where its picture is larger than its header lets expect', async () => {
    const bytes = await heic('plain');
    const header = { ...(await readHeader(bytes)), width: 32 };
    await assert.rejects(
      legible(bytes, header, begin),
      (error) => error instanceof Problem && /its header says 32 x 256/.test(error.message),
    );
  });
});

describe('legible', () => {
  it('gives all other photos as they are', async () => {
    const bytes = await (await picture(1, 64, 64)).jpeg().toBuffer();
    assert.equal(await opened(bytes), bytes);
  });
});

async function picturePng(colours: readonly (readonly number[])[], profile: Buffer): Promise<Buffer> {
  const pixels = Buffer.from(colours.flat());
  const small = await sharp(pixels, { raw: { width: 2, height: 2, channels: 3 } })
    .resize(320, 256, { kernel: 'nearest' })
    .png()
    .toBuffer();
  return pngWithProfile(small, profile);
}
