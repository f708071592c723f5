/** Which photos calibrate, and photos of a folder as calibration reads them. */
import { Problem } from '../../../configs/problem.js';
import { writeView, type ViewSettings } from '../../images/augment.js';
import { PHOTOS_IN_FLIGHT } from '../../images/decoders/at-once.js';
import { withDecoders, type Decoders } from '../../images/decoders/decoders.js';
import { inFlight } from '../../images/in-flight.js';
import { squareIn } from '../../images/square-in.js';
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

/** Decodes all files into memory, `size` x `size` x 3 bytes each; what cannot be read is refused and named. */
export async function photosOf(files: readonly string[], view: ViewSettings): Promise<FolderPhotos> {
  const found: { file: string; pixels: Uint8Array }[] = [];
  const refused: Problem[] = [];
  const decoded = await withDecoders((decoders) => inFlight(files, PHOTOS_IN_FLIGHT, (file) => decodeOne(decoders, file, view)));
  for (const one of decoded)
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

async function decodeOne(
  decoders: Decoders,
  file: string,
  { size, crop }: ViewSettings,
): Promise<{ file: string; pixels: Uint8Array } | Problem> {
  try {
    return { file, pixels: await squareIn(decoders, file, { size, minSide: crop }) };
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
