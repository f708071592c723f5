/** Scores of many photos by the network as it is, in batches of one size. */
import type { Feed } from './feed.js';
import type { Learner } from './learner.js';
import type { LossSettings } from '../../configs/schema/losses.js';
import { meanLoss } from '../losses/losses.js';
import { pairwiseAccuracy } from '../ranking/metrics.js';
import type { Pair } from '../ranking/pairs.js';
import type { Validation } from './training-state.js';

/** Photos at a time: enough to keep the cores busy, little enough to see progress. */
const BATCH = 32;

/** Score in [-1, 1] by photo. `tick` is awaited after each batch, with the photos done. */
export async function scorePhotos(
  learner: Learner,
  feed: Feed,
  photos: readonly number[],
  tick: (done: number) => Promise<void>,
): Promise<Map<number, number>> {
  const size = Math.min(BATCH, photos.length);
  const parts = [];
  for (let start = 0; start < photos.length; start += size) parts.push(photos.slice(start, start + size));
  // A last part that is not full leaves something else in the other rows of its batch: inference looks at each row for itself.
  const views = feed.views(parts, size);
  const scores = new Map<number, number>();
  for (const part of parts) {
    const { score } = learner.infer((await views.next()).batch, size);
    part.forEach((photo, row) => scores.set(photo, score[row] ?? NaN));
    await tick(scores.size);
  }
  return scores;
}

/** Each photo that occurs in `pairs`, once. */
export function photosOf(pairs: readonly Pair[]): number[] {
  return [...new Set(pairs.flatMap(({ good, bad }) => [good, bad]))];
}

/** Pairwise accuracy and mean ranking loss. @throws Problem NUMERICS where a score is not finite. */
export function validate(pairs: readonly Pair[], scores: ReadonlyMap<number, number>, loss: LossSettings): Validation {
  const { good, bad } = scoresOf(pairs, scores);
  return { accuracy: pairwiseAccuracy(good, bad, 0.95).value, loss: meanLoss(good, bad, loss) };
}

export function scoresOf(pairs: readonly Pair[], scores: ReadonlyMap<number, number>): { readonly good: number[]; readonly bad: number[] } {
  const of = (photo: number): number => scores.get(photo) ?? NaN;
  return { good: pairs.map((pair) => of(pair.good)), bad: pairs.map((pair) => of(pair.bad)) };
}
