/**
 * Photos to measure with and to do things to: crops of those that come with packages, or of a person's own, laid over a field of colours that is
 * drawn for each and grained as a camera does, so that no two of them look alike and yet all weigh what photos weigh.
 */
import { resolve } from 'node:path';
import sharp from 'sharp';
import { readInstallation } from '../configs/load/installation.js';
import { packagedPhotos, photosIn } from '../ml/images/sample-sources.js';
import type { Pixels } from '../ml/images/decode.js';
import { Draws } from '../ml/random/philox.js';

const PHOTO_FILE = /\.(jpe?g|png|webp)$/i;
/** Of the photo, the rest is the field of colours. */
const PHOTO_SHARE = 0.6;
const FIELD = 6;
/** Pixels of grain that are drawn; more repeat them. */
const GRAIN = 65_521;

/** Photo `seed` at a size in pixels: the same for each call. */
export type MakePhoto = (seed: number, width: number, height: number) => Promise<Pixels>;

/** Colours a side of a drawn picture: coarse ones, each over several of the fine ones. */
const [COARSE, FINE] = [6, 24];

/** Pictures of nothing but drawn colours: there are as many as one wants of which no two share a part. */
export const makePicture: MakePhoto = async (seed, width, height) => {
  const draws = new Draws('crop', { seed: 7, epoch: 0, index: seed });
  const coarse = Array.from({ length: COARSE * COARSE * 3 }, () => draws.below(154));
  const cells = Buffer.alloc(FINE * FINE * 3);
  for (let y = 0; y < FINE; y++)
    for (let x = 0; x < FINE; x++)
      for (let channel = 0; channel < 3; channel++) {
        const under = (Math.floor((y * COARSE) / FINE) * COARSE + Math.floor((x * COARSE) / FINE)) * 3 + channel;
        cells[(y * FINE + x) * 3 + channel] = (coarse[under] as number) + draws.below(102);
      }
  return { data: await stretched({ data: cells, width: FINE, height: FINE }, width, height), width, height };
};

/** @param folder of a person's photos, those of the packages without it @param grain deviation of the noise of each channel, in steps of 255 */
export async function photoMaker(folder?: string, grain = 0): Promise<MakePhoto> {
  const paths = folder === undefined ? packagedPhotos((await readInstallation()).samplePhotos) : await photosIn(resolve(folder));
  const sources: Pixels[] = [];
  for (const { path } of paths.filter((source) => PHOTO_FILE.test(source.path))) sources.push(await decoded(path));
  const noise = grainOf(grain);
  return async (seed, width, height) => {
    const draws = new Draws('crop', { seed: 6, epoch: 0, index: seed });
    const source = sources[draws.below(sources.length)] as Pixels;
    const share = draws.between(0.5, 0.9);
    const crop = { width: Math.floor(source.width * share), height: Math.floor(source.height * share) };
    const at = { left: draws.below(source.width - crop.width + 1), top: draws.below(source.height - crop.height + 1) };
    const data = await stretched(source, width, height, { ...at, ...crop });
    const cells = Buffer.from(Array.from({ length: FIELD * FIELD * 3 }, () => draws.below(256)));
    const field = await stretched({ data: cells, width: FIELD, height: FIELD }, width, height);
    for (let index = 0; index < data.length; index++) {
      const value = PHOTO_SHARE * (data[index] as number) + (1 - PHOTO_SHARE) * (field[index] as number) + (noise[index % GRAIN] as number);
      data[index] = Math.max(0, Math.min(255, Math.round(value)));
    }
    return { data, width, height };
  };
}

async function decoded(path: string): Promise<Pixels> {
  const { data, info } = await sharp(path).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

async function stretched({ data, width, height }: Pixels, toWidth: number, toHeight: number, region?: Region): Promise<Buffer> {
  const whole = sharp(data, { raw: { width, height, channels: 3 } });
  const cut = region === undefined ? whole : whole.extract(region);
  return cut.resize(toWidth, toHeight, { fit: 'fill' }).raw().toBuffer();
}

/** Normal numbers as sums of twelve uniform ones. */
function grainOf(deviation: number): Float32Array {
  const draws = new Draws('degrade', { seed: 6, epoch: 3, index: 0 });
  return Float32Array.from({ length: GRAIN }, () => {
    if (deviation === 0) return 0;
    let sum = -6;
    for (let term = 0; term < 12; term++) sum += draws.uniform();
    return deviation * sum;
  });
}
