/** One photo of anybody's, whatever its colour space, as the cache holds those of the set: what `rank` reads, and `preprocess`. */
import { Problem } from '../../configs/problem.js';
import { asColourSays } from './colour.js';
import type { Begin } from './decoders/jobs.js';
import { checkData } from './data-checks.js';
import { decodeSquare, type PhotoHeader } from './decode.js';
import { legible } from './legible.js';
import { insistOnPhoto } from './opened.js';
import { insistOnWhole } from './whole.js';

export interface SquareOptions {
  /** Side, in pixels. */
  readonly size: number;
  /** A photo with more is not decoded. */
  readonly maxPixels: number;
  /** A photo whose shorter side has fewer pixels is refused. */
  readonly minSide: number;
  /** What the photo is called. */
  readonly where: string;
}

/** size x size x 3 bytes. @param begin where others decode beside it @throws Problem PHOTO, naming `where`. */
export async function readSquare(
  bytes: Buffer,
  { size, maxPixels, minSide, where }: SquareOptions,
  begin: Begin = () => Promise.resolve(),
): Promise<Buffer> {
  try {
    const header = await insistOnPhoto(bytes);
    insistOnSides(header, { maxPixels, minSide });
    const picture = await legible(bytes, header, begin);
    const coloured = await asColourSays(picture, header);
    if (coloured !== picture) await insistOnWhole(picture, header);
    const square = await decodeSquare(coloured, header, size);
    await checkData(bytes, header.format);
    return square;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem({ ...error.toJSON(), where, cause: error });
  }
}

function insistOnSides({ width, height }: PhotoHeader, { maxPixels, minSide }: Pick<SquareOptions, 'maxPixels' | 'minSide'>): void {
  if (width * height > maxPixels)
    throw new Problem({ code: 'PHOTO', message: `${width} x ${height} pixels are more than ${maxPixels}`, cure: 'make it smaller' });
  if (Math.min(width, height) < minSide) {
    const message = `${width} x ${height} pixels are too few: the model looks at ${minSide} x ${minSide}`;
    throw new Problem({ code: 'PHOTO', message, cure: 'take a larger version of the photo' });
  }
}
