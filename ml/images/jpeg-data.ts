/**
 * Whether a hole in a baseline JPEG's coded data shows in the data themselves (ITU-T T.81, annex F.2.2).
 *
 * JPEG holds no checksum, and zeros read as blocks like any others. They show all the same, in one of two ways:
 *
 * - The code of nothing but zeros is that of the commonest symbol. Where this is "no more coefficients in this block", a long run of zeros is what a
 *   plain area comes to. Where it is a coefficient, as in the standard tables, it would be blocks of a hundred equal ones: no picture has them.
 * - The hole's blocks are fewer or more than those that were lost, so that the last block comes to lie before or behind the end of the data. A decoder
 *   passes over what is left: it stops at the last row.
 *
 * Reading all codes takes a quarter of the time of decoding, so it is done only where there is a run of zeros. Of a progressive photo libjpeg itself
 * counts what is left of each scan.
 */
import { Problem } from '../../configs/problem.js';
import { readCodes } from './decode.js';
import { IMPOSSIBLE_ZEROS, zerosIn } from './jpeg-zeros.js';

/** @param jpeg which libjpeg could decode @throws Problem PHOTO where the data tell of a hole */
export async function checkJpegData(jpeg: Buffer): Promise<void> {
  const zeros = zerosIn(jpeg);
  if (zeros === 'impossible') throw new Problem({ code: 'PHOTO', message: IMPOSSIBLE_ZEROS, cure: 'replace the file by a whole photo' });
  if (zeros === 'possible') await readCodes(jpeg);
}
