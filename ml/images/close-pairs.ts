/**
 * All pairs of hashes that differ in few bits, without comparing all with all: the 63 bits are dealt out to bands, and hashes within `distance`
 * bits of each other are within `distance / bands` bits of each other in at least one band (multi-index hashing: Norouzi, Punjani, Fleet, "Fast
 * search in Hamming space with multi-index hashing", CVPR 2012). For each band the hashes are sorted into buckets by its bits, and each bucket is
 * compared with those whose number differs from its own in so few bits. Bits are dealt out one by one: those of neighbouring frequencies hang
 * together, and bands of neighbours make photos' buckets twice as uneven.
 */
import { bitCount, HASH_BITS, MIRRORED } from './square-hash.js';

/** Two hashes by their numbers, the smaller first, the bits they differ in, and whether one of the two is mirrored for it. */
export type OnPair = (first: number, second: number, bits: number, mirrored: boolean) => void;

/**
 * @param hashes two words each (square-hash.ts), no two the same. @param distance most bits that two may differ in, 0 to 64.
 * @param onPair is told each close pair once, in no particular order. No hash is like its own mirrored one: they differ in 32 bits.
 */
export function closePairs(hashes: Int32Array, distance: number, onPair: OnPair): void {
  const bands = cheapestBands(hashes.length / 2, distance);
  bands.forEach((band, number) => {
    const earlier = bands.slice(0, number);
    const buckets = bucketsOf(hashes, band);
    const { highs, lows, order } = buckets;
    for (const mirrored of [false, true]) {
      const flip = mirrored ? MIRRORED : 0;
      const flipped = keyOf(flip, flip, band);
      const onClose = (one: number, other: number, bits: number): void => {
        const high = (highs[one] as number) ^ (highs[other] as number) ^ flip;
        const low = (lows[one] as number) ^ (lows[other] as number) ^ flip;
        // A pair that an earlier band has brought together was told there.
        if (earlier.some((before) => bitCount(keyOf(high, low, before)) <= before.radius)) return;
        const [a, b] = [order[one] as number, order[other] as number];
        onPair(Math.min(a, b), Math.max(a, b), bits, mirrored);
      };
      for (const probe of keysWithin(band.places.length, band.radius)) comparePaired(buckets, probe ^ flipped, { flip, distance }, onClose);
    }
  });
}

interface Band {
  /** Of bits in a hash, 0 the most significant of the first word. */
  readonly places: readonly number[];
  /** Close hashes differ in at most so many of them, in at least one band. */
  readonly radius: number;
}

/** The first bit is the same in all hashes. */
const PLACES = Array.from({ length: HASH_BITS }, (_, bit) => bit + 1);
/** Bits of the widest band: its table of buckets has 16 MB. */
const WIDEST = 22;
const MOST_BANDS = 16;

/** The cut with the fewest buckets and pairs to look at, were all hashes as likely; one band of no bits compares all with all. */
function cheapestBands(count: number, distance: number): Band[] {
  let cheapest: Band[] = [{ places: [], radius: 0 }];
  let least = count ** 2;
  for (let number = Math.ceil(HASH_BITS / WIDEST); number <= MOST_BANDS; number++) {
    const bands = bandsOf(number, distance);
    const cost = bands.reduce(
      (sum, { places: { length }, radius }) => sum + keyCount(length, radius) * (2 ** length + count ** 2 / 2 ** length),
      0,
    );
    if (cost >= least) continue;
    least = cost;
    cheapest = bands;
  }
  return cheapest;
}

/**
 * Hashes that differ in more bits of every band than its radius differ in at least `sum(radius + 1)` bits; that is `distance + 1` here, so that
 * close ones do not. Bands that this leaves without a radius are not needed.
 */
function bandsOf(count: number, distance: number): Band[] {
  return Array.from({ length: count }, (_, band) => ({
    places: PLACES.filter((place) => place % count === band),
    radius: Math.floor((distance + 1 + band) / count) - 1,
  })).filter(({ radius }) => radius >= 0);
}

/** How many keys differ from one in at most `radius` of `bits` bits. */
function keyCount(bits: number, radius: number): number {
  let term = 1;
  let sum = 1;
  for (let chosen = 1; chosen <= Math.min(radius, bits); chosen++) {
    term *= (bits - chosen + 1) / chosen;
    sum += term;
  }
  return sum;
}

/** All keys of so many bits with at most `radius` bits set. */
function keysWithin(bits: number, radius: number): number[] {
  if (bits === 0 || radius === 0) return [0];
  return [...keysWithin(bits - 1, radius), ...keysWithin(bits - 1, radius - 1).map((key) => key | (1 << (bits - 1)))];
}

function keyOf(high: number, low: number, { places }: Pick<Band, 'places'>): number {
  let key = 0;
  for (const place of places) key = (key << 1) | (((place < 32 ? high : low) >>> (31 - (place & 31))) & 1);
  return key;
}

/** Hashes sorted by their key: those with key k stand from `starts[k]` to `starts[k + 1]`. */
interface Buckets {
  readonly starts: Uint32Array;
  /** Numbers of the hashes. */
  readonly order: Uint32Array;
  readonly highs: Int32Array;
  readonly lows: Int32Array;
}

function bucketsOf(hashes: Int32Array, band: Band): Buckets {
  const count = hashes.length / 2;
  const keys = keysOf(hashes, band);
  const starts = new Uint32Array(2 ** band.places.length + 2);
  for (const key of keys) (starts[key + 2] as number)++;
  for (let at = 1; at < starts.length; at++) (starts[at] as number) += starts[at - 1] as number;
  const order = new Uint32Array(count);
  const highs = new Int32Array(count);
  const lows = new Int32Array(count);
  for (let hash = 0; hash < count; hash++) {
    const at = (starts[(keys[hash] as number) + 1] as number)++;
    order[at] = hash;
    highs[at] = hashes[2 * hash] as number;
    lows[at] = hashes[2 * hash + 1] as number;
  }
  return { starts, order, highs, lows };
}

/** `keyOf` of all hashes, byte by byte from tables. */
function keysOf(hashes: Int32Array, band: Band): Uint32Array {
  const BYTES = [24, 16, 8, 0];
  const [high, low] = [
    BYTES.map((shift) => Uint32Array.from({ length: 256 }, (_, byte) => keyOf(byte << shift, 0, band))),
    BYTES.map((shift) => Uint32Array.from({ length: 256 }, (_, byte) => keyOf(0, byte << shift, band))),
  ];
  const part = (word: number, tables: readonly Uint32Array[]): number =>
    ((tables[0] as Uint32Array)[word >>> 24] as number) |
    ((tables[1] as Uint32Array)[(word >>> 16) & 255] as number) |
    ((tables[2] as Uint32Array)[(word >>> 8) & 255] as number) |
    ((tables[3] as Uint32Array)[word & 255] as number);
  return Uint32Array.from(
    { length: hashes.length / 2 },
    (_, hash) => part(hashes[2 * hash] as number, high) | part(hashes[2 * hash + 1] as number, low),
  );
}

/**
 * Tells the pairs within `distance` bits, `flip` applied to one of the two, among hashes whose keys differ by `probe`; each pair once, by their
 * places in the buckets. The two buckets walk through memory side by side: going from one bucket to all of its neighbours waits for memory.
 * Written out by hand, since it looks at hundreds of millions of pairs.
 */
function comparePaired(
  { starts, highs, lows }: Buckets,
  probe: number,
  { flip, distance }: { readonly flip: number; readonly distance: number },
  onClose: (one: number, other: number, bits: number) => void,
): void {
  const keys = starts.length - 2;
  // The other key is the larger one where the probe's highest bit is 0 in this one.
  const block = probe === 0 ? keys : 1 << (31 - Math.clz32(probe));
  for (let key = 0; key < keys; key = ((key + 1) & (block - 1)) === 0 ? key + 1 + block : key + 1) {
    const start = starts[key] as number;
    const end = starts[key + 1] as number;
    const other = key ^ probe;
    const otherStart = starts[other] as number;
    const otherEnd = starts[other + 1] as number;
    for (let one = start; one < end; one++) {
      const high = (highs[one] as number) ^ flip;
      const low = (lows[one] as number) ^ flip;
      for (let two = probe === 0 ? one + 1 : otherStart; two < otherEnd; two++) {
        const bits = bitCount(high ^ (highs[two] as number)) + bitCount(low ^ (lows[two] as number));
        if (bits <= distance) onClose(one, two, bits);
      }
    }
  }
}
