/** Runs of zeros in the coded data of a baseline JPEG (jpeg-data.ts says what they tell). The page in the browser asks here too: nothing here is of Node. */
import { intervalsOf, scanOf } from './jpeg-scan.js';

/** Of zeros; in bytes, several blocks of coefficients. */
const RUN = 64;

export const IMPOSSIBLE_ZEROS = 'its data hold a run of zeros that no picture comes to';

/** `impossible`: a run that no picture comes to. `possible`: one that a plain area may come to. */
export function zerosIn(jpeg: Uint8Array): 'none' | 'possible' | 'impossible' {
  // Without a run anywhere no table need be read.
  const scan = hasZeros(jpeg, 0) ? scanOf(jpeg) : null;
  if (scan === null || !hasZeros(jpeg, scan.start)) return 'none';
  return !scan.zerosEndBlocks && intervalsOf(jpeg, scan.start).some(holdsRun) ? 'impossible' : 'possible';
}

/** Looks at every 32nd byte, and closer where two are zero. */
function hasZeros(jpeg: Uint8Array, start: number): boolean {
  const half = RUN / 2;
  for (let at = start + half; at < jpeg.length; at += half)
    if (jpeg[at] === 0 && jpeg[at - half] === 0 && jpeg.subarray(at - half, at).every((byte) => byte === 0)) return true;
  return false;
}

/** Zeros at the end some cameras put there. */
function holdsRun(interval: Uint8Array): boolean {
  let zeros = 0;
  for (const byte of interval) {
    if (byte !== 0 && zeros >= RUN) return true;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return false;
}
