/** How far the exported models are from the trained network and from each other, on the whole test split (method §7.3). */
import type { Agreement } from '../../configs/schema/evaluation.js';
import { pairwiseAccuracy } from '../ranking/metrics.js';
import { pairedDifference } from '../ranking/paired-difference.js';
import type { Pair } from '../ranking/pairs.js';
import { percentile } from '../ranking/percentile.js';
import type { Scored } from './score.js';

/** A test split that models are compared on. */
export interface TestSplit {
  /** Numbers in the cache of the photos that were scored, in the order of the scores. */
  readonly photos: readonly number[];
  /** Their files, in the same order. */
  readonly files: readonly string[];
  /** Good and bad photos by their numbers in the cache. */
  readonly pairs: readonly Pair[];
  /** Of the accuracies' intervals. */
  readonly confidence: number;
}

const WORST = 5;

/** Largest difference of a score from the trained network's own. */
export function largestScoreError(trained: readonly number[], { scores }: Scored): number {
  return Math.max(...trained.map((score, index) => Math.abs(score - (scores[index] ?? NaN))));
}

/** @throws RangeError without pairs; Problem NUMERICS where a score is not finite. */
export function accuracyOf(split: TestSplit, { scores }: Scored): Agreement['accuracy'] {
  const { good, bad } = pairScores(split, scores);
  return pairwiseAccuracy(good, bad, split.confidence);
}

/** What `other` answers beside `fp32`, without what {@link worstLayers} finds. @throws as {@link accuracyOf}. */
export function compareModels(split: TestSplit, fp32: Scored, other: Scored): Omit<Agreement, 'worstLayers'> {
  const cosines = split.photos.map((_, index) => cosine(fp32, other, index));
  const errors = errorsOverVariance(fp32, other);
  const [before, after] = [pairScores(split, fp32.scores), pairScores(split, other.scores)];
  const right = ({ good, bad }: PairScores): boolean[] => good.map((score, pair) => score > (bad[pair] ?? NaN));
  const order = ({ good, bad }: PairScores, pair: number): number => Math.sign((good[pair] ?? NaN) - (bad[pair] ?? NaN));
  const accuracy = accuracyOf(split, other);
  return {
    cosine: { median: percentile(cosines, 0.5), fifth: percentile(cosines, 0.05), least: Math.min(...cosines) },
    errorOverVariance: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    pairsAlike: split.pairs.filter((_, pair) => order(before, pair) === order(after, pair)).length / split.pairs.length,
    allPairsAlike: allPairsAlike(fp32.scores, other.scores),
    accuracy,
    accuracyDrop: pairedDifference(right(before), right(after), split.confidence),
    worstPhotos: [...errors.entries()]
      .sort(([, a], [, b]) => b - a)
      .slice(0, WORST)
      .map(([index, errorOverVariance]) => ({ file: split.files[index] ?? '', errorOverVariance })),
  };
}

interface PairScores {
  readonly good: readonly number[];
  readonly bad: readonly number[];
}

function pairScores({ photos, pairs }: TestSplit, scores: Float32Array): PairScores {
  const place = new Map(photos.map((photo, index) => [photo, index]));
  const of = (photo: number): number => scores[place.get(photo) ?? -1] ?? NaN;
  return { good: pairs.map(({ good }) => of(good)), bad: pairs.map(({ bad }) => of(bad)) };
}

/** Both embeddings have length 1, so their product is their cosine. */
function cosine(a: Scored, b: Scored, index: number): number {
  let sum = 0;
  for (let at = index * a.dimensions; at < (index + 1) * a.dimensions; at++) sum += (a.embeddings[at] ?? NaN) * (b.embeddings[at] ?? NaN);
  return sum;
}

/** Of every photo the squared difference of its embeddings over the mean squared distance of a photo's embedding from their mean. */
function errorsOverVariance({ embeddings, dimensions }: Scored, other: Scored): number[] {
  const count = embeddings.length / dimensions;
  const mean = new Float64Array(dimensions);
  embeddings.forEach((number, at) => (mean[at % dimensions] = (mean[at % dimensions] ?? NaN) + number / count));
  const squares = new Float64Array(count);
  let variance = 0;
  embeddings.forEach((number, at) => {
    const photo = Math.floor(at / dimensions);
    squares[photo] = (squares[photo] ?? NaN) + (number - (other.embeddings[at] ?? NaN)) ** 2;
    variance += (number - (mean[at % dimensions] ?? NaN)) ** 2 / count;
  });
  // Photos that all have one embedding have no variance; where nothing differs either, nothing is lost.
  return [...squares].map((square) => (square === 0 ? 0 : square / variance));
}

function allPairsAlike(exact: Float32Array, other: Float32Array): number {
  const [a, b] = [Float64Array.from(exact), Float64Array.from(other)];
  let alike = 0;
  for (let one = 1; one < a.length; one++)
    for (let two = 0; two < one; two++)
      if (Math.sign((a[one] as number) - (a[two] as number)) === Math.sign((b[one] as number) - (b[two] as number))) alike++;
  return a.length < 2 ? 1 : alike / ((a.length * (a.length - 1)) / 2);
}
