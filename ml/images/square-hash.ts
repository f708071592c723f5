/**
 * A perceptual hash of any square of a picture: the signs of the lowest frequencies of its discrete cosine transform, 8 by 8 of them without
 * the mean. This is pHash (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, 3.2.1) with zero in place of the
 * median as threshold: as good on photos, and the hash of the mirrored picture is then that of the picture with the odd horizontal
 * frequencies turned over, so that a mirrored copy is found without a hash of its own.
 *
 * A hash is two words of 32 bits: row v of the frequencies is byte v from the most significant on, column u its bit u from the most
 * significant on. The first bit, which would be the mean's, is 0.
 */
import type { GreySums } from './grey-sums.js';

/** What a mirrored picture's hash differs by, in either word: every second column. */
export const MIRRORED = 0x55555555;
/** Bits of a hash that are not always 0. */
export const HASH_BITS = 63;

const CELLS = 16;
const FREQUENCIES = 8;
/** Cosines of the DCT-II's first eight frequencies over 16 samples, frequency by frequency. */
const COSINES = Float64Array.from({ length: FREQUENCIES * CELLS }, (_, at) =>
  Math.cos((Math.PI * Math.floor(at / CELLS) * (2 * (at % CELLS) + 1)) / (2 * CELLS)),
);

const cells = new Float64Array(CELLS * CELLS);
const columns = new Float64Array(FREQUENCIES * CELLS);

/** Writes the hash of the square with its upper left corner at (`left`, `top`) to `out[at]` and `out[at + 1]`. */
export function writeSquareHash(sums: GreySums, left: number, top: number, side: number, out: Int32Array, at: number): void {
  sums.writeCells(left, top, side, CELLS, cells);
  for (let frequency = 0; frequency < FREQUENCIES; frequency++) {
    for (let x = 0; x < CELLS; x++) {
      let sum = 0;
      for (let y = 0; y < CELLS; y++) sum += (COSINES[frequency * CELLS + y] as number) * (cells[y * CELLS + x] as number);
      columns[frequency * CELLS + x] = sum;
    }
  }
  for (let word = 0; word < 2; word++) {
    let bits = 0;
    for (let place = 0; place < 32; place++) bits = (bits << 1) | (isPositive(word * 32 + place) ? 1 : 0);
    out[at + word] = bits;
  }
}

function isPositive(frequency: number): boolean {
  if (frequency === 0) return false;
  const vertical = frequency >> 3;
  const horizontal = frequency & 7;
  let sum = 0;
  for (let x = 0; x < CELLS; x++) sum += (COSINES[horizontal * CELLS + x] as number) * (columns[vertical * CELLS + x] as number);
  return sum > 0;
}

/** Number of bits set in a word of 32. */
export function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
