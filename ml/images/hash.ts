/**
 * A perceptual hash that finds copies of a photo which were scaled or re-encoded: the 64 lowest frequencies of the grey picture at 32 x 32,
 * one bit each, above or below their median (pHash as imagehash.phash defines it; Zauner, "Implementation and benchmarking of perceptual image hash
 * functions", 2010).
 */

/** 64 bits as two unsigned words. */
export interface PhotoHash {
  readonly high: number;
  readonly low: number;
}

const SIDE = 32;
const FREQUENCIES = 8;
/** Standard deviation of the grey values, in [0, 255], under which there is no structure to tell two pictures apart by. */
const FLAT = 2;

/** @param pixels size x size x 3 bytes, size a multiple of 32 or larger than 32. @returns null for a nearly uniform picture. */
export function photoHash(pixels: Uint8Array, size: number): PhotoHash | null {
  const grey = shrunkGrey(pixels, size);
  if (deviation(grey) < FLAT) return null;
  const spectrum = lowFrequencies(grey);
  const ordered = [...spectrum].sort((a, b) => a - b);
  const median = ((ordered[31] ?? 0) + (ordered[32] ?? 0)) / 2;
  const word = (first: number): number =>
    spectrum.slice(first, first + 32).reduce((bits, value) => (bits << 1) | (value > median ? 1 : 0), 0) >>> 0;
  return { high: word(0), low: word(32) };
}

/** Number of bits that differ, 0 to 64. */
export function hashDistance(a: PhotoHash, b: PhotoHash): number {
  return bitCount(a.high ^ b.high) + bitCount(a.low ^ b.low);
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Grey means of a 32 x 32 grid of cells. */
function shrunkGrey(pixels: Uint8Array, size: number): Float64Array {
  const sums = new Float64Array(SIDE * SIDE);
  const counts = new Float64Array(SIDE * SIDE);
  for (let y = 0; y < size; y++) {
    const row = Math.floor((y * SIDE) / size) * SIDE;
    for (let x = 0; x < size; x++) {
      const at = (y * size + x) * 3;
      const cell = row + Math.floor((x * SIDE) / size);
      sums[cell] = (sums[cell] ?? 0) + 0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
  }
  return sums.map((sum, cell) => sum / Math.max(1, counts[cell] ?? 0));
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Cosines of the DCT-II's first eight frequencies over 32 samples. */
const COSINES = Array.from({ length: FREQUENCIES }, (_, frequency) =>
  Float64Array.from({ length: SIDE }, (_unused, sample) => Math.cos((Math.PI * frequency * (2 * sample + 1)) / (2 * SIDE))),
);

/** The 8 x 8 lowest coefficients of the two-dimensional DCT-II, row by row. */
function lowFrequencies(grey: Float64Array): number[] {
  const dot = (cosines: Float64Array, value: (sample: number) => number): number =>
    cosines.reduce((sum, cosine, sample) => sum + cosine * value(sample), 0);
  const columns = COSINES.map((cosines) => Float64Array.from({ length: SIDE }, (_, x) => dot(cosines, (y) => grey[y * SIDE + x] ?? 0)));
  return columns.flatMap((column) => COSINES.map((cosines) => dot(cosines, (x) => column[x] ?? 0)));
}

/**
 * For each photo that has a near copy in another group, the first such copy. Hashes within `distance` bits agree wholly in at least one of
 * `distance + 1` bands, so that only photos that share a band are compared; exact, and far from all with all.
 */
export function nearCopies(
  photos: readonly { readonly hash: PhotoHash | null; readonly group: string }[],
  distance: number,
): Map<number, number> {
  const bands = bandsOf(Math.min(distance, 63) + 1);
  const buckets = new Map<string, number[]>();
  const copies = new Map<number, number>();
  photos.forEach(({ hash, group }, number) => {
    if (hash === null) return;
    for (const key of bands.map((band) => band(hash))) {
      const bucket = buckets.get(key) ?? [];
      for (const other of bucket) {
        const known = photos[other];
        if (known?.hash == null || known.group === group || hashDistance(hash, known.hash) > distance) continue;
        if (!copies.has(number)) copies.set(number, other);
        if (!copies.has(other)) copies.set(other, number);
      }
      bucket.push(number);
      buckets.set(key, bucket);
    }
  });
  return copies;
}

/** Cuts 64 bits into `count` bands and gives, for each, its number and content as text. */
function bandsOf(count: number): ((hash: PhotoHash) => string)[] {
  return Array.from({ length: count }, (_, band) => {
    const first = Math.floor((64 * band) / count);
    const end = Math.floor((64 * (band + 1)) / count);
    return (hash) => `${band}:${((BigInt(hash.high) << 32n) | BigInt(hash.low)).toString(2).padStart(64, '0').slice(first, end)}`;
  });
}
