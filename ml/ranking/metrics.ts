/** What is measured about a ranking: pairwise accuracy with its interval, Kendall's tau-b (method §4, §5.4, §6.3). */
import type { Share } from '../../configs/schema/evaluation.js';
import { Problem } from '../../configs/problem.js';
import { normalQuantile } from './quantile.js';

/**
 * Share of pairs whose good photo scores strictly higher, with its Wilson interval. A tie is not ranked right: a network
 * that gives every photo the same score has ranked nothing, and must not be credited with a half.
 * @throws RangeError without pairs or with lists of different length; Problem NUMERICS where a score is not finite.
 */
export function pairwiseAccuracy(good: ArrayLike<number>, bad: ArrayLike<number>, confidence: number): Share {
  requireScores(good, bad);
  let right = 0;
  for (let pair = 0; pair < good.length; pair++) if (at(good, pair) > at(bad, pair)) right++;
  return wilsonInterval(right, good.length, confidence);
}

/**
 * `successes` of `count` as a share with the score interval at `confidence` in (0, 1): unlike the normal interval it stays in
 * [0, 1] and means something for 8 pairs of 8. Source: Wilson (1927), "Probable inference".
 * @throws RangeError where count is 0: a share of nothing is undefined.
 */
export function wilsonInterval(successes: number, count: number, confidence: number): Share {
  if (!(count > 0) || !(successes >= 0) || successes > count) throw new RangeError(`no share: ${successes} of ${count}`);
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence ${confidence} is not in (0, 1)`);
  const share = successes / count;
  const z = normalQuantile(0.5 + confidence / 2);
  const widened = 1 + (z * z) / count;
  const centre = (share + (z * z) / (2 * count)) / widened;
  const half = (z / widened) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  // At the ends the bound is the share itself; rounding must not say 0.9999999999999999.
  const low = successes === 0 ? 0 : Math.max(0, centre - half);
  const high = successes === count ? 1 : Math.min(1, centre + half);
  return { value: share, low, high, count };
}

/**
 * Kendall's tau-b of two paired lists, ties counted as tau-b has it, in O(n log n) (Knight, 1966: "A computer method for
 * calculating Kendall's tau with ungrouped data"). Null where undefined: fewer than two values, or one list all equal.
 * @returns a number in [-1, 1], or null.
 * @throws RangeError for lists of different length; Problem NUMERICS where a value is not finite.
 */
export function kendallTauB(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  requirePaired(x, y);
  const order = Uint32Array.from({ length: x.length }, (_, index) => index);
  order.sort((a, b) => at(x, a) - at(x, b) || at(y, a) - at(y, b));
  const xs = Float64Array.from(order, (index) => at(x, index));
  const ys = Float64Array.from(order, (index) => at(y, index));

  const all = pairsOf(x.length);
  const tiedX = tiedPairs(xs);
  const tiedBoth = tiedPairs(xs, ys);
  const swaps = sortCountingSwaps(ys);
  const tiedY = tiedPairs(ys);
  if (all === tiedX || all === tiedY) return null;
  const concordantLessDiscordant = all - tiedX - tiedY + tiedBoth - 2 * swaps;
  // One root of the product, not two: perfect agreement is then 1 to the last bit.
  return concordantLessDiscordant / Math.sqrt((all - tiedX) * (all - tiedY));
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2;
}

/** Pairs of equal neighbours in a sorted list; with two lists, pairs that are equal in both. */
function tiedPairs(sorted: Float64Array, second?: Float64Array): number {
  let pairs = 0;
  let start = 0;
  for (let end = 1; end <= sorted.length; end++) {
    if (end < sorted.length && sorted[end] === sorted[start] && second?.[end] === second?.[start]) continue;
    pairs += pairsOf(end - start);
    start = end;
  }
  return pairs;
}

/** Sorts `values` in place by merging and tells how many pairs stood in the wrong order (equal values do not). */
function sortCountingSwaps(values: Float64Array): number {
  let from: Float64Array = values;
  let to: Float64Array = new Float64Array(values.length);
  let swaps = 0;
  for (let width = 1; width < values.length; width *= 2) {
    for (let low = 0; low < values.length; low += 2 * width)
      swaps += merge(from, to, low, Math.min(low + width, values.length), Math.min(low + 2 * width, values.length));
    [from, to] = [to, from];
  }
  if (from !== values) values.set(from);
  return swaps;
}

/** Merges the sorted runs [low, middle) and [middle, high) of `from` into `to`; returns the swaps that this undid. */
function merge(from: Float64Array, to: Float64Array, low: number, middle: number, high: number): number {
  let swaps = 0;
  let left = low;
  let right = middle;
  for (let target = low; target < high; target++) {
    const takeRight = left === middle || (right < high && at(from, right) < at(from, left));
    if (takeRight) swaps += middle - left;
    to[target] = takeRight ? at(from, right++) : at(from, left++);
  }
  return swaps;
}

/** @throws RangeError without pairs or with lists of different length; Problem NUMERICS where a score is not finite. */
export function requireScores(good: ArrayLike<number>, bad: ArrayLike<number>): void {
  requirePaired(good, bad);
  if (good.length === 0) throw new RangeError('no pairs');
}

function requirePaired(x: ArrayLike<number>, y: ArrayLike<number>): void {
  if (x.length !== y.length) throw new RangeError(`lists of different length: ${x.length} and ${y.length}`);
  for (const list of [x, y])
    for (let index = 0; index < list.length; index++)
      if (!Number.isFinite(list[index]))
        throw new Problem({
          code: 'NUMERICS',
          message: `score ${index} is ${list[index]}`,
          cure: 'lower the learning rate, or train again from an earlier checkpoint',
        });
}

function at(list: ArrayLike<number>, index: number): number {
  return list[index] as number;
}
