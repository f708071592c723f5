/**
 * Whether a hole in a baseline JPEG's coded data shows in the data themselves (ITU-T T.81, annex F.2.2).
 *
 * JPEG holds no checksum, and zeros read as blocks like any others. They show all the same, in one of two ways:
 *
 * - The code of nothing but zeros is that of the commonest symbol. Where this is "no more coefficients in this block", a long run of zeros is what a
 *   plain area comes to. Where it is a coefficient, as in the standard tables, it would be blocks of a hundred equal ones: no picture has them.
 * - The hole's blocks are fewer or more than those that were lost, so that the last block comes to lie before or behind the end of the data. libvips
 *   passes over both: it stops at the last row without looking whether data are left, and does not hear what libjpeg warns of in the last
 *   eight rows, which are all of the last row of blocks where colours are not subsampled downwards (4:4:4, 4:2:2).
 *
 * Reading all codes takes half as long as decoding, so it is done only where there is a run of zeros. Of a progressive photo libjpeg itself counts
 * what is left of each scan.
 */
import { Problem } from '../../configs/problem.js';
import { END_OF_BLOCK, intervalsOf, scanOf, type Codes, type Scan } from './jpeg-scan.js';

/** Of zeros; in bytes, several blocks of coefficients. */
const RUN = 64;
/** Bytes behind the last block that some cameras leave. */
const SPARE = 4;

/** @param jpeg which libjpeg could decode @throws Problem PHOTO where the data tell of a hole */
export function checkJpegData(jpeg: Buffer): void {
  // Without a run anywhere no table need be read.
  const scan = hasZeros(jpeg, 0) ? scanOf(jpeg) : null;
  if (scan === null || !hasZeros(jpeg, scan.start)) return;
  const intervals = intervalsOf(jpeg, scan.start);
  const wrong = holeIn(scan, intervals) ?? whereItEnds(scan, intervals);
  if (wrong !== null) throw new Problem({ code: 'PHOTO', message: wrong, cure: 'replace the file by a whole photo' });
}

/** Looks at every 32nd byte, and closer where two are zero. */
function hasZeros(jpeg: Buffer, start: number): boolean {
  const half = RUN / 2;
  for (let at = start + half; at < jpeg.length; at += half)
    if (jpeg[at] === 0 && jpeg[at - half] === 0 && jpeg.subarray(at - half, at).every((byte) => byte === 0)) return true;
  return false;
}

/** In words, where zeros stand for coefficients; null where they do not. Zeros at the end some cameras put there. */
function holeIn({ blocks }: Scan, intervals: readonly Buffer[]): string | null {
  if (blocks.every(({ ac }) => (ac[0] as number) >> 8 === END_OF_BLOCK)) return null;
  const zeros = Buffer.alloc(RUN);
  const hurt = intervals.some((interval) => interval.subarray(0, interval.findLastIndex((byte) => byte !== 0) + 1).includes(zeros));
  return hurt ? 'its data hold a run of zeros that no picture comes to' : null;
}

/** In words, where the last block does not end at the data's end; null where it does. */
function whereItEnds({ units, unitsApart, blocks }: Scan, intervals: readonly Buffer[]): string | null {
  let left = units;
  for (const interval of intervals) {
    const used = bytesUsed(interval, Math.min(left, unitsApart), blocks);
    if (used === null || used > interval.length) return 'its data end before the last pixel';
    const spare = interval.subarray(used);
    if (spare.length > SPARE && spare.some((byte) => byte !== spare[0])) return 'its data go on behind the last pixel';
    left -= unitsApart;
  }
  return left > 0 ? 'its data end before the last pixel' : null;
}

/** Null where there is a code that no table has. */
function bytesUsed(data: Buffer, units: number, blocks: Scan['blocks']): number | null {
  let bit = 0;
  const next = (codes: Codes): number => {
    const at = bit >>> 3;
    const three = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    return codes[(three >> (8 - (bit & 7))) & 0xffff] as number;
  };
  const end = 8 * data.length;
  for (let unit = 0; unit < units && bit <= end; unit++)
    for (const { dc, ac } of blocks) {
      let step = next(dc);
      if (step === 0) return null;
      bit += step & 255;
      for (let coefficient = 1; coefficient < END_OF_BLOCK; coefficient += step >> 8) {
        step = next(ac);
        if (step === 0) return null;
        bit += step & 255;
      }
    }
  return Math.ceil(bit / 8);
}
