import assert from 'node:assert/strict';
import sharp, { type JpegOptions, type Sharp } from 'sharp';
import { Problem } from '../../../configs/problem.js';
import { decodeWhole, readHeader } from '../../../ml/images/decode.js';
import { checkJpegData } from '../../../ml/images/jpeg-data.js';
import { madePhoto } from './made-photo.js';
import { picture } from './photo-set.js';

const SAMPLINGS: readonly JpegOptions[] = [
  { chromaSubsampling: '4:2:0' },
  { chromaSubsampling: '4:4:4' },
  { chromaSubsampling: '4:4:4', optimiseCoding: false },
];

async function photo(number: number): Promise<Sharp> {
  return sharp(await madePhoto(number));
}

/** A photo in the right half, and one colour in the left. */
async function halfPlain(): Promise<Sharp> {
  const { data } = await (await photo(2)).raw().toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width: 512, height: 512, channels: 3 } }).extend({ left: 1024, background: 'white' });
}

const withHole = (jpeg: Buffer, at: number, length: number): Buffer => Buffer.from(jpeg).fill(0, at, at + length);

async function decodes(jpeg: Buffer): Promise<boolean> {
  return decodeWhole(jpeg, await readHeader(jpeg)).then(
    () => true,
    () => false,
  );
}

/** What the check says of a hole; null where it says nothing. */
async function said(jpeg: Buffer): Promise<string | null> {
  return checkJpegData(jpeg).then(
    () => null,
    (error: unknown) => {
      assert.ok(error instanceof Problem);
      return error.message;
    },
  );
}

const ZEROS = Buffer.alloc(64);

describe('checkJpegData', () => {
  for (const options of SAMPLINGS) {
    it(`takes sound photos of any quality, and none of their holes: ${JSON.stringify(options)}`, async () => {
      for (const quality of [1, 50, 90, 98, 100])
        for (const image of [await photo(1), await picture(1), await halfPlain()]) {
          const sound = await image.jpeg({ ...options, quality }).toBuffer();
          assert.equal(await said(sound), null);
        }
      for (const quality of [85, 90, 98]) {
        const sound = await (await photo(3)).jpeg({ ...options, quality }).toBuffer();
        for (const share of [0.3, 0.5, 0.7, 0.9])
          for (const length of [512, 1024, 4096]) {
            const hurt = withHole(sound, Math.floor((sound.length - length) * share), length);
            assert.ok((await said(hurt)) !== null || !(await decodes(hurt)), `${length} bytes at ${share} of quality ${quality}`);
          }
      }
    });
  }

  it('finds holes that the decoder takes without a word', async () => {
    const sound = await (await photo(4)).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
    const hurt = withHole(sound, sound.length >> 1, 512);
    assert.ok(await decodes(hurt));
    assert.equal(await said(hurt), 'its data hold a run of zeros that no picture comes to');
  });

  it('where a plain area comes to zeros, goes by where the data end', async () => {
    const sound = await (await halfPlain()).jpeg({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer();
    assert.ok(sound.includes(ZEROS), 'no plain area as zeros');
    assert.equal(await said(sound), null);
    const start = sound.indexOf(ZEROS) + 200;
    const cut = Buffer.concat([sound.subarray(0, start), sound.subarray(start + 100)]);
    assert.equal(await said(cut), 'its data end before the last pixel');
    const longer = Buffer.concat([sound.subarray(0, start), Buffer.from('0123456789'), sound.subarray(start)]);
    assert.match((await said(longer)) ?? '', /its data (go on behind|end before) the last pixel/);
  });

  it('takes zeros that a camera puts behind the last block, bytes behind the picture, and other kinds of JPEG', async () => {
    for (const optimiseCoding of [true, false]) {
      const sound = await (await photo(5)).jpeg({ quality: 90, optimiseCoding }).toBuffer();
      const end = sound.length - 2;
      assert.equal(await said(Buffer.concat([sound.subarray(0, end), Buffer.alloc(500), sound.subarray(end)])), null);
      assert.equal(await said(Buffer.concat([sound, Buffer.alloc(500)])), null);
    }
    assert.equal(await said(await (await halfPlain()).jpeg({ quality: 90, progressive: true }).toBuffer()), null);
    assert.equal(await said(await (await halfPlain()).toColourspace('b-w').jpeg({ quality: 90 }).toBuffer()), null);
    assert.equal(await said(await (await halfPlain()).toColourspace('cmyk').jpeg({ quality: 90 }).toBuffer()), null);
  });

  it('throws nothing else, wherever a file is cut or altered', async () => {
    const sound = await (await halfPlain()).jpeg({ quality: 60 }).toBuffer();
    for (let at = 2; at < 700; at += 3) {
      const altered = Buffer.from(sound);
      altered[at] = (altered[at] ?? 0) ^ 0x55;
      for (const bytes of [altered, sound.subarray(0, at)]) await said(bytes);
    }
  });
});
