/** Scores of many photos by the network as it is, in batches of one size. */
import type { TrainingData } from './data.js';
import type { Learner } from './learner.js';
import { hingeLoss, pairwiseAccuracy } from '../ranking/metrics.js';
import type { Pair } from '../ranking/pairs.js';
import type { Validation } from './training-state.js';

/** Photos at a time: enough to keep the cores busy, little enough to see progress. */
const BATCH = 32;

/** Score in [-1, 1] by photo. `tick` is awaited after each batch, with the photos done. */
export async function scorePhotos(
  learner: Learner,
  data: TrainingData,
  photos: readonly number[],
  tick: (done: number) => Promise<void>,
): Promise<Map<number, number>> {
  const size = Math.min(BATCH, photos.length);
  const batch = new Float32Array(size * data.crop ** 2 * 3);
  const scores = new Map<number, number>();
  for (let start = 0; start < photos.length; start += size) {
    const part = photos.slice(start, start + size);
    // A last batch that is not full keeps the photos before it in its other rows: inference looks at each row for itself.
    part.forEach((photo, row) => data.view(photo, batch, row));
    const { score } = learner.infer(batch, size);
    part.forEach((photo, row) => scores.set(photo, score[row] ?? NaN));
    await tick(start + part.length);
  }
  return scores;
}

/** Each photo that occurs in `pairs`, once. */
export function photosOf(pairs: readonly Pair[]): number[] {
  return [...new Set(pairs.flatMap(({ good, bad }) => [good, bad]))];
}

/** Pairwise accuracy and hinge loss. @throws Problem NUMERICS where a score is not finite. */
export function validate(pairs: readonly Pair[], scores: ReadonlyMap<number, number>, margin: number): Validation {
  const { good, bad } = scoresOf(pairs, scores);
  return { accuracy: pairwiseAccuracy(good, bad, 0.95).value, loss: hingeLoss(good, bad, margin) };
}

export function scoresOf(pairs: readonly Pair[], scores: ReadonlyMap<number, number>): { readonly good: number[]; readonly bad: number[] } {
  const of = (photo: number): number => scores.get(photo) ?? NaN;
  return { good: pairs.map((pair) => of(pair.good)), bad: pairs.map((pair) => of(pair.bad)) };
}
