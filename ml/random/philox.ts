/**
 * Random numbers that are a function of where they are used, not of what was drawn before: Philox4x32-10 (Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A resumed run, a worker thread and a second look at the same photo
 * all draw the same numbers, because the counter names seed, purpose, epoch and index.
 */

/** What random numbers are drawn for; part of the counter, so that no two purposes share a number. Never renumber. */
export const PURPOSE = { augment: 1, shuffle: 2, pairs: 3, splits: 4, crop: 5, degrade: 6, initialise: 7, calibrate: 8 } as const;
export type Purpose = keyof typeof PURPOSE;

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Four random 32-bit words for a counter of four words and a key of two; written into `out`. */
export function philox4x32(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  let c0 = counter[0] ?? 0;
  let c1 = counter[1] ?? 0;
  let c2 = counter[2] ?? 0;
  let c3 = counter[3] ?? 0;
  let k0 = key0 >>> 0;
  let k1 = key1 >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of a 64-bit product, which JavaScript's numbers cannot hold whole. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/** A stream of uniform numbers for one place: `seed` in [0, 2^53), `epoch` and `index` in [0, 2^32). */
export class Draws {
  readonly #counter: Uint32Array;
  readonly #key0: number;
  readonly #key1: number;
  readonly #words = new Uint32Array(4);
  #next = 4;

  constructor(purpose: Purpose, { seed, epoch, index }: { readonly seed: number; readonly epoch: number; readonly index: number }) {
    this.#counter = Uint32Array.of(0, index, epoch, PURPOSE[purpose]);
    this.#key0 = seed >>> 0;
    this.#key1 = Math.floor(seed / 2 ** 32) >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    if (this.#next >= 4) {
      philox4x32(this.#counter, this.#key0, this.#key1, this.#words);
      this.#counter[0] = (this.#counter[0] ?? 0) + 1;
      this.#next = 0;
    }
    const high = (this.#words[this.#next] ?? 0) >>> 5;
    const low = (this.#words[this.#next + 1] ?? 0) >>> 6;
    this.#next += 2;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** An integer in [0, count). */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** The items in a random order (Fisher-Yates); `items` itself is left alone. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const chosen = this.below(last + 1);
      const kept = order[last] as Item;
      order[last] = order[chosen] as Item;
      order[chosen] = kept;
    }
    return order;
  }
}
