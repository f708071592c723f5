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
import { intervalsOf, scanOf } from './jpeg-scan.js';

/** Of zeros; in bytes, several blocks of coefficients. */
const RUN = 64;

/** @param jpeg which libjpeg could decode @throws Problem PHOTO where the data tell of a hole */
export async function checkJpegData(jpeg: Buffer): Promise<void> {
  // Without a run anywhere no table need be read.
  const scan = hasZeros(jpeg, 0) ? scanOf(jpeg) : null;
  if (scan === null || !hasZeros(jpeg, scan.start)) return;
  if (!scan.zerosEndBlocks && intervalsOf(jpeg, scan.start).some(holdsRun)) {
    const message = 'its data hold a run of zeros that no picture comes to';
    throw new Problem({ code: 'PHOTO', message, cure: 'replace the file by a whole photo' });
  }
  await readCodes(jpeg);
}

/** Looks at every 32nd byte, and closer where two are zero. */
function hasZeros(jpeg: Buffer, start: number): boolean {
  const half = RUN / 2;
  for (let at = start + half; at < jpeg.length; at += half)
    if (jpeg[at] === 0 && jpeg[at - half] === 0 && jpeg.subarray(at - half, at).every((byte) => byte === 0)) return true;
  return false;
}

/** Zeros at the end some cameras put there. */
function holdsRun(interval: Buffer): boolean {
  return interval.subarray(0, interval.findLastIndex((byte) => byte !== 0) + 1).includes(Buffer.alloc(RUN));
}
