/** How far the answers of a quantised network are from those of the network that it was made of. */
import type { Scored } from '../../ml/onnx/score.js';

export interface Quality {
  /** Of the embeddings of a photo, over the photos that nothing was done to. */
  readonly cosineMedian: number;
  readonly cosineFifth: number;
  /** Squared difference of embeddings over their variance between photos: cosines flatter, since all photos share a part. */
  readonly errorOverVariance: number;
  /** Share of degraded photos that are in the same order with the photo that they were made of. */
  readonly degradedOrder: number;
  /** Share of all pairs of photos, degraded ones among them, that are in the same order. */
  readonly allOrder: number;
}

/** @param unharmed so many photos come first, then the degraded ones */
export function judge(exact: Scored, other: Scored, unharmed: number, pairs: readonly (readonly [number, number])[]): Quality {
  const count = exact.scores.length;
  const cosines = Array.from({ length: unharmed }, (_, photo) => cosine(exact, other, photo)).sort((a, b) => a - b);
  const all = Array.from({ length: count }, (_, a) => Array.from({ length: a }, (_, b): [number, number] => [a, b])).flat();
  return {
    cosineMedian: quantile(cosines, 0.5),
    cosineFifth: quantile(cosines, 0.05),
    errorOverVariance: errorOverVariance(exact, other, unharmed),
    degradedOrder: sameOrder(exact.scores, other.scores, pairs),
    allOrder: sameOrder(exact.scores, other.scores, all),
  };
}

/** Rows have length 1, so their product is their cosine. */
function cosine(a: Scored, b: Scored, photo: number): number {
  let sum = 0;
  for (let at = photo * a.dimensions; at < (photo + 1) * a.dimensions; at++) sum += (a.embeddings[at] ?? NaN) * (b.embeddings[at] ?? NaN);
  return sum;
}

/** Between the two nearest of the sorted numbers, as NumPy has it. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  return below + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] ?? NaN) - below);
}

function errorOverVariance(exact: Scored, other: Scored, count: number): number {
  const { dimensions, embeddings } = exact;
  let error = 0;
  let variance = 0;
  for (let column = 0; column < dimensions; column++) {
    let mean = 0;
    for (let row = 0; row < count; row++) mean += (embeddings[row * dimensions + column] ?? NaN) / count;
    for (let row = 0; row < count; row++) {
      const number = embeddings[row * dimensions + column] ?? NaN;
      error += (number - (other.embeddings[row * dimensions + column] ?? NaN)) ** 2;
      variance += (number - mean) ** 2;
    }
  }
  return error / variance;
}

function sameOrder(exact: Float32Array, other: Float32Array, pairs: readonly (readonly [number, number])[]): number {
  const order = (scores: Float32Array, [a, b]: readonly [number, number]): number => Math.sign((scores[a] ?? NaN) - (scores[b] ?? NaN));
  return pairs.filter((pair) => order(exact, pair) === order(other, pair)).length / pairs.length;
}
