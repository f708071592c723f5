/** Squares of photos, decoded where a crash costs a process. */
import type { Photo } from './decoders/decoder-process.js';
import type { Decoders } from './decoders/decoders.js';
import type { Ask } from './decoders/jobs.js';
import { FILE_BYTES_PER_PIXEL } from './inspect.js';

/** As the default of dataset.yaml: larger ones are refused before they are decoded. */
export const MAX_PIXELS = 100_000_000;

/** size x size x 3 bytes. @throws Problem PHOTO, naming `where` */
export async function squareOf(photo: Photo, ask: Ask<'square'>): Promise<Buffer> {
  const { pixels } = await photo.ask('square', ask);
  if (pixels === null) throw new Error('a square without pixels');
  return pixels;
}

/**
 * Of a photo of anybody's, by its path: what `rank` and `quantise` read.
 * @param size of its side, in pixels @param minSide that the photo's shorter side must have, which is what the model looks at
 * @throws Problem PHOTO, naming the path; a system error of reading
 */
export function squareIn(decoders: Decoders, path: string, { size, minSide }: Pick<Ask<'square'>, 'size' | 'minSide'>): Promise<Buffer> {
  return decoders.photo(path, async (read) => {
    const photo = await read(path, MAX_PIXELS * FILE_BYTES_PER_PIXEL);
    return squareOf(photo, { size, minSide, maxPixels: MAX_PIXELS, where: path });
  });
}
