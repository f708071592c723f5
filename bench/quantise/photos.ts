/** A person's photos: some calibrate, the others test, each of these also degraded in three ways. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Problem } from '../../configs/problem.js';
import type { DegradationKind } from '../../configs/schema/sample.js';
import { writeView } from '../../ml/images/augment.js';
import { decodeSquare, readHeader } from '../../ml/images/decode.js';
import { DEGRADE } from '../../ml/images/degrade.js';
import { photosIn } from '../../ml/images/sample-sources.js';
import { toPlanes, type PhotoSource } from '../../ml/onnx/photos.js';
import { Draws } from '../../ml/random/philox.js';
import { PHOTO_FILE } from '../train/cache.js';

export const CROP = 224;
/** What the minimalistic weights were made with: (p - 127.5) / 127.5. */
const VIEW = { size: 256, crop: CROP, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const CALIBRATE = 64;
const KINDS: readonly DegradationKind[] = ['blur', 'noise', 'fading'];
const FLOATS = 3 * CROP * CROP;
const SEED = 0;

export interface BenchPhotos {
  /** Files, by what they are for. */
  readonly names: { readonly calibrate: readonly string[]; readonly test: readonly string[] };
  /** [N, 3, 224, 224]. */
  readonly calibrate: Float32Array;
  /** The same, degraded: all of each kind. */
  readonly degraded: Float32Array;
  /** All unharmed ones, then all of each degradation in the same order. */
  readonly test: Float32Array;
  /** Rows of `test`: a photo and the same photo degraded. */
  readonly pairs: readonly (readonly [good: number, bad: number])[];
}

/** @throws Problem where the folder holds too few photos, or one cannot be read. */
export async function readPhotos(folder: string): Promise<BenchPhotos> {
  const files = (await photosIn(folder)).map(({ path }) => path).filter((path) => PHOTO_FILE.test(path));
  if (files.length < CALIBRATE + 2)
    throw new Problem({
      code: 'DATASET',
      message: `holds ${files.length} photos: ${CALIBRATE} calibrate, and at least two must test`,
      where: folder,
      cure: 'name a folder of more photos with --photos',
    });
  const dealt = new Draws('splits', { seed: SEED, epoch: 0, index: 0 }).shuffled(files);
  const [calibrating, testing] = [dealt.slice(0, CALIBRATE), dealt.slice(CALIBRATE)];
  const [calibrate, degraded] = splitAt(await views(calibrating, 0), calibrating.length);
  return {
    names: { calibrate: calibrating.map((file) => basename(file)), test: testing.map((file) => basename(file)) },
    calibrate,
    degraded,
    test: await views(testing, calibrating.length),
    pairs: KINDS.flatMap((_, kind) => testing.map((_file, index): [number, number] => [index, (1 + kind) * testing.length + index])),
  };
}

/** All photos unharmed, then all of each degradation in the same order. @param place of the first one among all photos: what is drawn for each differs */
async function views(files: readonly string[], place: number): Promise<Float32Array> {
  const out = new Float32Array((1 + KINDS.length) * files.length * FLOATS);
  for (const [index, file] of files.entries()) {
    const good = { data: await square(file), width: VIEW.size, height: VIEW.size };
    view(good.data, out, index * FLOATS);
    for (const [kind, name] of KINDS.entries()) {
      const draws = new Draws('degrade', { seed: SEED, epoch: kind, index: place + index });
      view((await DEGRADE[name](good, draws)).pixels.data, out, ((1 + kind) * files.length + index) * FLOATS);
    }
  }
  return out;
}

function splitAt(data: Float32Array, photos: number): [Float32Array, Float32Array] {
  return [data.subarray(0, photos * FLOATS), data.subarray(photos * FLOATS)];
}

/** What lies in a file as {@link inMemory} takes it. */
export async function photosFile(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / Float32Array.BYTES_PER_ELEMENT);
}

/** Photos that lie in memory one after the other. @param data [N, 3, 224, 224] */
export function inMemory(data: Float32Array): PhotoSource {
  return {
    count: data.length / FLOATS,
    crop: CROP,
    fill: (index, out, offset) => out.set(data.subarray(index * FLOATS, (index + 1) * FLOATS), offset),
  };
}

async function square(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  return decodeSquare(bytes, await readHeader(bytes), VIEW.size);
}

function view(pixels: Uint8Array, out: Float32Array, offset: number): void {
  const interleaved = new Float32Array(FLOATS);
  writeView(pixels, VIEW, interleaved, 0);
  toPlanes(interleaved, out, offset);
}
