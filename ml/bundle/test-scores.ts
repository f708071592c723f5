/**
 * What the scores of the test photos tell a client: which share of photos a score beats, and how far apart two scores must lie to mean
 * something.
 */
import { createHash } from 'node:crypto';
import type { DatasetIndex } from '../../configs/schema/photos.js';
import type { Closeness, Yardstick } from '../../configs/schema/scores.js';
import { pairsOf, type Pair } from '../ranking/pairs.js';

const STEPS = 20;
/** Two scores are close where their order is right less often than this. */
const RIGHT_SHARE = 0.9;
/** Scores are cosines: no two differ by more. */
const WIDEST = 2;

/**
 * @param scoreOf a model's score of each test photo, by file
 * @param seed of the training, by which test pairs are drawn where there are more than the limit
 */
export function yardstick(dataset: DatasetIndex, scoreOf: ReadonlyMap<string, number>, seed: number): Yardstick {
  const scored = dataset.photos.flatMap(({ file, label, split }) => {
    const score = split === 'test' ? scoreOf.get(file) : undefined;
    return score === undefined ? [] : [{ label, score }];
  });
  const of = (label: string | null): number[] =>
    scored.filter((photo) => label === null || photo.label === label).map(({ score }) => score);
  const quantilesOf = (scores: readonly number[]): number[] | null => (scores.length === 0 ? null : quantiles(scores));
  const all = quantilesOf(of(null));
  const at = (index: number): number => scoreOf.get(dataset.photos[index]?.file ?? '') ?? NaN;
  const differences = testPairs(dataset, seed).map(({ good, bad }) => at(good) - at(bad));
  return {
    scores: all === null ? null : { split: 'test', photos: scored.length, all, good: quantilesOf(of('good')), bad: quantilesOf(of('bad')) },
    close: closeness(differences.filter(Number.isFinite)),
  };
}

/** sha256 over the digests of the photos of every test pair: neither names nor other splits change it. @param seed as of {@link yardstick} */
export function testHashOf(dataset: DatasetIndex, seed: number): string {
  const digest = (index: number): string => dataset.photos[index]?.sha256 ?? '';
  const lines = testPairs(dataset, seed)
    .map(({ good, bad }) => `${digest(good)} ${digest(bad)}\n`)
    .sort();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function testPairs(dataset: DatasetIndex, seed: number): readonly Pair[] {
  return pairsOf(dataset, 'test', { seed, epoch: 0 });
}

/** 21 numbers at 0, 5 … 100 %, between two values linearly: type 7 of Hyndman and Fan (1996), "Sample quantiles in statistical packages". */
export function quantiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const place = (step / STEPS) * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? NaN;
    return below + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] ?? NaN) - below);
  });
}

/** Share of photos, in [0, 100] %, that score below `score`, by quantiles as {@link quantiles} makes them. */
export function percentile(score: number, all: readonly number[]): number {
  const next = all.findIndex((bound) => bound > score);
  if (next === -1) return 100;
  if (next === 0) return 0;
  const [low = score, high = score] = [all[next - 1], all[next]];
  return (100 / STEPS) * (next - 1 + (score - low) / (high - low));
}

/**
 * The difference of scores at which the order is right in 90 % of pairs. Pairs that differ by about as much are too few to be counted, so a
 * curve is laid through all of them: P(right) = 1 / (1 + exp(-slope |difference|)), the model of Bradley and Terry (1952), "Rank analysis
 * of incomplete block designs", which is one half where scores are equal. Its slope is the likeliest one, with half a right and half a
 * wrong pair added at the middle difference, so that a test split without a mistake does not claim that no difference is too small.
 * @param differences score of the good photo less that of the bad one
 * @returns null without pairs, or where all scores are the same
 */
export function closeness(differences: readonly number[]): Closeness | null {
  const sizes = differences.map(Math.abs).sort((a, b) => a - b);
  const middle = sizes[Math.floor(sizes.length / 2)] ?? 0;
  if (middle === 0) return null;
  const gradient = (slope: number): number =>
    differences.reduce((sum, difference) => sum + difference * wrong(slope * difference), 0) +
    0.5 * middle * (wrong(slope * middle) - wrong(-slope * middle));
  // The likelihood is concave: its gradient falls with the slope and is 0 once.
  let [low, high] = [0, 1 / middle];
  if (gradient(0) <= 0) return { margin: WIDEST, rightShare: RIGHT_SHARE, pairs: differences.length };
  while (gradient(high) > 0) high *= 2;
  for (let step = 0; step < 60; step++) {
    const slope = (low + high) / 2;
    if (gradient(slope) > 0) low = slope;
    else high = slope;
  }
  const margin = Math.log(RIGHT_SHARE / (1 - RIGHT_SHARE)) / high;
  return { margin: Math.min(WIDEST, margin), rightShare: RIGHT_SHARE, pairs: differences.length };
}

/** 1 / (1 + exp(x)). */
function wrong(x: number): number {
  return 1 / (1 + Math.exp(x));
}
