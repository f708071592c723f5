/** One scene of a sample set: crops of one photo, each with its degraded copy. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { Problem } from '../../configs/problem.js';
import type { Label } from '../../configs/schema/photos.js';
import type { Degradation, DegradationKind } from '../../configs/schema/sample.js';
import { Draws } from '../random/philox.js';
import { PHOTOS_IN_FLIGHT, type Pixels } from './decode.js';
import { DEGRADE } from './degrade.js';

export interface SceneOptions {
  /** Pairs to make. */
  readonly crops: number;
  /** Taken in turn, so that a scene has as many of each. */
  readonly kinds: readonly DegradationKind[];
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** Largest side of a crop as it is written, in pixels. */
const LARGEST_SIDE = 256;
/** Smallest side of a photo that a scene can be made of, in pixels: what the audit asks for (method §2.2). */
export const SMALLEST_SIDE = 224;

/** Writes `folder`/good and `folder`/bad. `scene` is the scene's number in the set: what is drawn depends on it, on the seed and the crop's number. */
export async function makeScene(folder: string, photo: Pixels, scene: number, options: SceneOptions): Promise<Degradation[]> {
  const { crops, signal } = options;
  await mkdir(join(folder, 'good'), { recursive: true });
  await mkdir(join(folder, 'bad'), { recursive: true });
  const made: AsyncIterable<Degradation> = Readable.from(Array.from({ length: crops }, (_, number) => number)).map(
    (number: number) => makePair(folder, photo, scene, number, options),
    { concurrency: PHOTOS_IN_FLIGHT },
  );
  const pairs: Degradation[] = [];
  for await (const pair of made) {
    signal?.throwIfAborted();
    pairs.push(pair);
  }
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

/** Relative to the scene's folder, with `/`. */
export function photoOf(label: Label, stem: string): string {
  return `${label}/${stem}.png`;
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
