/** Which photos calibrate, and photos of a folder as calibration reads them. */
import { readFile } from 'node:fs/promises';
import { Problem } from '../../../configs/problem.js';
import { writeView, type ViewSettings } from '../../images/augment.js';
import { PHOTOS_IN_FLIGHT } from '../../images/decode.js';
import { inFlight } from '../../images/in-flight.js';
import { readSquare } from '../../images/read-square.js';
import { Draws } from '../../random/philox.js';
import { toPlanes, type PhotoSource } from '../photos.js';

/**
 * At most `count` of `all`, in their order: one from each of as many equal stretches, so that where the list is ordered by folder and label each
 * has its share.
 */
export function drawSpread<Item>(all: readonly Item[], count: number, seed: number): Item[] {
  if (count >= all.length) return [...all];
  const draws = new Draws('calibrate', { seed, epoch: 0, index: 0 });
  const begin = (stretch: number): number => Math.floor((stretch * all.length) / count);
  return Array.from({ length: count }, (_, stretch) => begin(stretch) + draws.below(begin(stretch + 1) - begin(stretch))).flatMap((index) =>
    all.slice(index, index + 1),
  );
}

export interface FolderPhotos {
  readonly source: PhotoSource;
  readonly files: readonly string[];
  readonly refused: readonly Problem[];
}

/** As the default of dataset.yaml: larger ones are refused before they are decoded. */
const MAX_PIXELS = 100_000_000;

/** Decodes all files into memory, `size` x `size` x 3 bytes each; what cannot be read is refused and named. */
export async function photosOf(files: readonly string[], view: ViewSettings): Promise<FolderPhotos> {
  const found: { file: string; pixels: Buffer }[] = [];
  const refused: Problem[] = [];
  for (const one of await inFlight(files, PHOTOS_IN_FLIGHT, (file) => decodeOne(file, view.size)))
    if (one instanceof Problem) refused.push(one);
    else found.push(one);
  const interleaved = new Float32Array(view.crop * view.crop * 3);
  return {
    files: found.map(({ file }) => file),
    refused,
    source: {
      count: found.length,
      crop: view.crop,
      fill: (index, out, offset) => {
        const photo = found[index];
        if (photo === undefined) throw new RangeError(`photo ${index} of ${found.length}`);
        writeView(photo.pixels, view, interleaved, 0);
        toPlanes(interleaved, out, offset);
      },
    },
  };
}

async function decodeOne(file: string, size: number): Promise<{ file: string; pixels: Buffer } | Problem> {
  try {
    return { file, pixels: await readSquare(await readFile(file), { size, maxPixels: MAX_PIXELS, where: file }) };
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
