/**
 * The quality that a JPEG was saved with, told from its quantisation tables. libjpeg, and nearly every program that takes a quality of 1
 * to 100, scales the example table of ITU-T T.81, annex K: by 5000/q percent for q < 50, by 200 - 2q percent from there on. So the
 * table gives the quality back, exactly. Programs that round in another way are off by one here and there; for them the nearest quality
 * is taken, which was within 2 of the true one in the tests. Tables of another family (Photoshop's, many cameras') have no quality on
 * this scale, and none is made up for them.
 */

/** Table K.1 (brightness), in zigzag order as files hold it. */
// prettier-ignore
const LUMINANCE = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
  26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
  56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
  95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/** Of an entry, for programs that round in another way. */
const TOLERANCE = 1;
/** The most that an entry can be: 8 bits where decoders of the baseline must read it, else libjpeg's own limit. */
const LIMITS = [255, 32_767] as const;

/** Table of a quality, 1 to 100. */
function scaled(quality: number, limit: number): number[] {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return LUMINANCE.map((entry) => Math.min(limit, Math.max(1, Math.floor((entry * percent + 50) / 100))));
}

const FAMILY = Array.from({ length: 100 }, (_, place) => place + 1).flatMap((quality) =>
  LIMITS.map((limit) => ({ quality, table: scaled(quality, limit) })),
);

/** @param luminance table of the brightness, 64 values in zigzag order. @returns 1 to 100; null for a table of another family. */
export function jpegQuality(luminance: ArrayLike<number>): number | null {
  let best: { readonly quality: number; readonly distance: number } | null = null;
  for (const { quality, table } of FAMILY) {
    const distance = distanceOf(table, luminance, best?.distance ?? Infinity);
    if (distance !== null) best = { quality, distance };
  }
  return best?.quality ?? null;
}

/** Sum of the differences; null where one is above the tolerance, or the sum not under `least`. */
function distanceOf(table: readonly number[], other: ArrayLike<number>, least: number): number | null {
  let sum = 0;
  for (const [place, entry] of table.entries()) {
    const off = Math.abs(entry - (other[place] ?? Infinity));
    sum += off;
    if (off > TOLERANCE || sum >= least) return null;
  }
  return sum;
}
