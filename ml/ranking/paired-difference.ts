/** The difference of two shares that were counted on the same things: how much accuracy one model loses beside another. */
import { wilsonInterval } from './metrics.js';

export interface Difference {
  /** First share less second, in [-1, 1]. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Both models mostly succeed on the same pairs, so the interval is far narrower than that of two independent shares. Source: Newcombe
 * (1998), "Improved confidence intervals for the difference between binomial proportions based on paired data", method 10:
 * Wilson's intervals of both shares, joined by how the successes correlate.
 * @param first whether each thing succeeded by the first way; `second` the same things in the same order
 * @throws RangeError without things, or with lists of different length
 */
export function pairedDifference(first: readonly boolean[], second: readonly boolean[], confidence: number): Difference {
  if (first.length !== second.length) throw new RangeError(`${first.length} and ${second.length} are not the same things`);
  const count = first.length;
  const cell = (one: boolean, two: boolean): number => first.filter((each, at) => each === one && second[at] === two).length;
  const [both, onlyFirst, onlySecond, neither] = [cell(true, true), cell(true, false), cell(false, true), cell(false, false)];
  const [p1, p2] = [wilsonInterval(both + onlyFirst, count, confidence), wilsonInterval(both + onlySecond, count, confidence)];
  const value = p1.value - p2.value;
  const product = (both + onlyFirst) * (onlySecond + neither) * (both + onlySecond) * (onlyFirst + neither);
  const agreed = both * neither - onlyFirst * onlySecond;
  // A correction for continuity, where successes go together.
  const phi = product === 0 ? 0 : (agreed > 0 ? Math.max(agreed - count / 2, 0) : agreed) / Math.sqrt(product);
  const joined = (a: number, b: number): number => Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  return {
    value,
    low: Math.max(-1, value - joined(p1.value - p1.low, p2.high - p2.value)),
    high: Math.min(1, value + joined(p1.high - p1.value, p2.value - p2.low)),
  };
}
