/** One photo of anybody's, whatever its colour space, as the cache holds those of the set: what `rank` reads, and `preprocess`. */
import { Problem } from '../../configs/problem.js';
import { asColourSays } from './colour.js';
import type { Begin } from './decoders/jobs.js';
import { checkData } from './data-checks.js';
import { decodeSquare, readHeader } from './decode.js';
import { EXTENSIONS } from './names.js';
import { insistOnWhole } from './whole.js';

export interface SquareOptions {
  /** Side, in pixels. */
  readonly size: number;
  /** A photo with more is not decoded. */
  readonly maxPixels: number;
  /** What the photo is called. */
  readonly where: string;
}

/** size x size x 3 bytes. @param begin where others decode beside it @throws Problem PHOTO, naming `where`. */
export async function readSquare(
  bytes: Buffer,
  { size, maxPixels, where }: SquareOptions,
  begin: Begin = () => Promise.resolve(),
): Promise<Buffer> {
  try {
    const header = await readHeader(bytes);
    if (!Object.hasOwn(EXTENSIONS, header.format)) {
      throw new Problem({
        code: 'PHOTO',
        message: `is ${header.format.toUpperCase()}, which is not read`,
        cure: 'save it as JPEG, PNG, WebP, TIFF or AVIF',
      });
    }
    if (header.width * header.height > maxPixels) {
      throw new Problem({
        code: 'PHOTO',
        message: `${header.width} x ${header.height} pixels are more than ${maxPixels}`,
        cure: 'make it smaller',
      });
    }
    await begin(header.width * header.height);
    const legible = await asColourSays(bytes, header);
    if (legible !== bytes) await insistOnWhole(bytes, header);
    const square = await decodeSquare(legible, header, size);
    await checkData(bytes, header.format);
    return square;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem({ ...error.toJSON(), where, cause: error });
  }
}
