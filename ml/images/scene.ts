/** One scene of a sample set: crops of one photo, each with its degraded copy. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { Problem } from '../../configs/problem.js';
import type { Degradation } from '../../configs/schema/sample.js';
import { Draws } from '../random/philox.js';
import { asColourSays } from './colour.js';
import { decodeWhole, type Pixels } from './decode.js';
import { PHOTOS_IN_FLIGHT } from './decoders/at-once.js';
import type { Answer, Ask, Begin } from './decoders/jobs.js';
import { DEGRADE } from './degrade.js';
import { legible } from './legible.js';
import { insistOnPhoto } from './opened.js';
import { photoOf, SMALLEST_SIDE, type SceneOptions } from './scene-options.js';
import { insistOnWhole } from './whole.js';

/** Largest side of a crop as it is written, in pixels. */
const LARGEST_SIDE = 256;
const MAX_PIXELS = 1e8;

/** Writes `folder`/good and `folder`/bad. `scene` is the scene's number in the set: what is drawn depends on it, on the seed and the crop's number. */
export async function makeScene(bytes: Buffer, { folder, scene, ...options }: Ask<'scene'>, begin: Begin): Promise<Answer<'scene'>> {
  sharp.concurrency(1);
  const photo = await usable(bytes, begin);
  return typeof photo === 'string' ? photo : makePairs(folder, photo, scene, options);
}

/** The photo's pixels, or why it cannot be used. */
async function usable(bytes: Buffer, begin: Begin): Promise<Pixels | string> {
  try {
    const header = await insistOnPhoto(bytes);
    if (Math.min(header.width, header.height) < SMALLEST_SIDE) return `is ${header.width} x ${header.height}, under ${SMALLEST_SIDE} px`;
    if (header.width * header.height > MAX_PIXELS) return `has more than ${MAX_PIXELS} pixels`;
    const picture = await legible(bytes, header, begin);
    await insistOnWhole(picture, header);
    return await decodeWhole(await asColourSays(picture, header), header);
  } catch (error) {
    if (error instanceof Problem) return `cannot be read as a photo (${error.message})`;
    throw error;
  }
}

async function makePairs(folder: string, photo: Pixels, scene: number, options: SceneOptions): Promise<Degradation[]> {
  const { crops } = options;
  await mkdir(join(folder, 'good'), { recursive: true });
  await mkdir(join(folder, 'bad'), { recursive: true });
  const made: AsyncIterable<Degradation> = Readable.from(Array.from({ length: crops }, (_, number) => number)).map(
    (number: number) => makePair(folder, photo, scene, number, options),
    { concurrency: PHOTOS_IN_FLIGHT },
  );
  const pairs: Degradation[] = [];
  for await (const pair of made) pairs.push(pair);
  return pairs;
}

async function makePair(folder: string, photo: Pixels, scene: number, number: number, options: SceneOptions): Promise<Degradation> {
  const { crops, kinds, seed } = options;
  const place = { seed, epoch: scene, index: number };
  const crop = drawCrop(photo, new Draws('crop', place));
  const size = Math.min(crop.side, LARGEST_SIDE);
  const good = await cut(photo, crop, size);
  // Counted on from scene to scene, so that every kind occurs even where a scene has fewer crops than there are kinds.
  const kind = kinds[(scene * crops + number) % kinds.length];
  if (kind === undefined)
    throw new Problem({ code: 'USAGE', message: 'no kind of degradation is named', cure: 'name at least one with --kinds' });
  const { pixels, parameters } = await DEGRADE[kind](good, new Draws('degrade', place));
  const stem = `${String(number).padStart(String(crops - 1).length, '0')}-${kind}`;
  const sha256 = {
    good: await writePhoto(join(folder, photoOf('good', stem)), good),
    bad: await writePhoto(join(folder, photoOf('bad', stem)), pixels),
  };
  return { stem, crop, size, kind, parameters: rounded(parameters), sha256 };
}

/** A square anywhere in the photo, from the largest written side up to the photo's shortest side. */
function drawCrop({ width, height }: Pixels, draws: Draws): Degradation['crop'] {
  const shortest = Math.min(width, height);
  const side = Math.round(draws.between(Math.min(LARGEST_SIDE, shortest), shortest));
  return { left: draws.below(width - side + 1), top: draws.below(height - side + 1), side };
}

async function cut({ data, width, height }: Pixels, { left, top, side }: Degradation['crop'], size: number): Promise<Pixels> {
  const square = sharp(data, { raw: { width, height, channels: 3 } }).extract({ left, top, width: side, height: side });
  const sized = side === size ? square : square.resize(size, size, { kernel: 'linear' });
  return { data: await sized.raw().toBuffer(), width: size, height: size };
}

/**
 * PNG, so that the only damage is the one that was done on purpose. Written plainly: the set is moved into place as a whole,
 * and syncing hundreds of small files one by one took most of the time. Gives the sha256 of the file.
 */
async function writePhoto(path: string, { data, width, height }: Pixels): Promise<string> {
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 4 })
    .toBuffer();
  await writeFile(path, bytes);
  return createHash('sha256').update(bytes).digest('hex');
}

const rounded = (parameters: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, Math.round(value * 1e4) / 1e4]));
