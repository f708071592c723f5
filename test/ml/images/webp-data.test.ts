import assert from 'node:assert/strict';
import sharp, { type Sharp, type WebpOptions } from 'sharp';
import { decodeWhole, readHeader } from '../../../ml/images/decode.js';
import { checkWebpData } from '../../../ml/images/webp-data.js';
import { Draws } from '../../../ml/random/philox.js';
import { madePhoto } from './made-photo.js';
import { picture } from './photo-set.js';

const LEFT_OVER = { code: 'PHOTO', message: 'its data go on behind the last pixel' };
const LOSSY: WebpOptions = { quality: 90, effort: 1 };

/** Whether decoder or check tells. */
async function isFound(webp: Buffer): Promise<boolean> {
  return decodeWhole(webp, await readHeader(webp))
    .then(() => checkWebpData(webp))
    .then(
      () => false,
      () => true,
    );
}

async function photo(number: number): Promise<Sharp> {
  return sharp(await madePhoto(number));
}

/** @param valueAt value of all channels, or of the one at a place in the data */
function raw(width: number, height: number, valueAt: (x: number, y: number, place: number) => number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let place = 0; place < data.length; place++) {
    const pixel = Math.floor(place / 3);
    data[place] = valueAt(pixel % width, Math.floor(pixel / width), place);
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const draws = new Draws('degrade', { seed: 5, epoch: 0, index: 0 });

const SOUND: Readonly<Record<string, () => Sharp | Promise<Sharp>>> = {
  'a photo': () => photo(1),
  'soft colours': () => picture(2),
  'one colour': () => raw(224, 224, () => 90),
  'a gradient': () => raw(511, 257, (x) => x % 256),
  'a chessboard': () => raw(320, 240, (x, y) => (((x >> 3) + (y >> 3)) % 2) * 255),
  'one pixel on black': () => raw(300, 300, (x, y) => (x === 7 && y === 9 ? 255 : 0)),
  'a single pixel': () => raw(1, 1, () => 200),
};

describe('checkWebpData', () => {
  for (const [name, make] of Object.entries(SOUND))
    it(`takes ${name}, lossy of any quality and lossless`, async () => {
      const { data, info } = await (await make()).raw().toBuffer({ resolveWithObject: true });
      const image = (): Sharp => sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
      for (const options of [1, 40, 75, 90, 100].map((quality): WebpOptions => ({ quality, effort: 1 })))
        await checkWebpData(await image().webp(options).toBuffer());
      for (const effort of [0, 4]) await checkWebpData(await image().webp({ lossless: true, effort }).toBuffer());
    });

  it('takes a run of zeros, which is what a plain strip comes to where too few blocks are plain for the encoder to mark them', async () => {
    const noise = Buffer.from(Array.from({ length: 65_521 }, () => 98 + draws.below(60)));
    const striped = raw(1024, 2048, (_x, y, place) => (y < 32 ? 255 : (noise[place % noise.length] as number)));
    const webp = await striped.webp({ quality: 75, effort: 1 }).toBuffer();
    assert.ok(webp.includes(Buffer.alloc(64)));
    await checkWebpData(webp);
  });

  it('takes what else a file may hold: alpha, a profile, EXIF, bytes behind the picture', async () => {
    await checkWebpData(await (await photo(3)).ensureAlpha(0.5).webp(LOSSY).toBuffer());
    const tagged = await (await photo(3)).withIccProfile('p3').withMetadata({ orientation: 6 }).webp(LOSSY).toBuffer();
    await checkWebpData(tagged);
    await checkWebpData(Buffer.concat([tagged, Buffer.alloc(100)]));
    await checkWebpData(Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1'));
  });

  for (const [what, fill] of [
    ['zeros', () => 0],
    ['other bytes', () => draws.below(256)],
  ] as const)
    it(`finds a hole of ${what} in lossy data, wherever it is and whatever else the file holds`, async () => {
      const variants = [await photo(4), (await photo(5)).ensureAlpha(0.5), (await photo(6)).withIccProfile('p3')];
      for (const variant of variants) {
        const webp = await variant.webp(LOSSY).toBuffer();
        for (const share of [0.2, 0.4, 0.6, 0.8]) {
          const at = Math.floor(webp.length * share);
          const hurt = Buffer.from(webp);
          for (let place = at; place < at + 1024; place++) hurt[place] = fill();
          assert.ok(await isFound(hurt), `at ${share}`);
        }
      }
    });

  it('finds a turned bit that the decoder takes without a word', async () => {
    const webp = await (await photo(7)).webp(LOSSY).toBuffer();
    let silent = 0;
    for (let place = 0; place < 20; place++) {
      const hurt = Buffer.from(webp);
      const at = Math.floor(webp.length * (0.1 + 0.04 * place));
      hurt[at] = (hurt[at] ?? 0) ^ 16;
      const decoded = await decodeWhole(hurt, await readHeader(hurt)).then(
        () => true,
        () => false,
      );
      if (!decoded) continue;
      silent++;
      await assert.rejects(checkWebpData(hurt), LEFT_OVER);
    }
    assert.ok(silent > 5);
  });

  it('finds a lossless photo whose end became zeros', async () => {
    const webp = await (await photo(8)).webp({ lossless: true, effort: 0 }).toBuffer();
    assert.ok(await isFound(Buffer.from(webp).fill(0, webp.length - 4096)));
  });
});
