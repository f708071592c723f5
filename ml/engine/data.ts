/** What training reads: an epoch's pairs in their order, photos as floats, people's scores. */
import { Problem } from '../../configs/problem.js';
import type { Split } from '../../configs/schema/photos.js';
import { fillView } from '../images/augment.js';
import type { PhotoCache } from '../images/cache.js';
import { fillPairBatch, pairsOf, shuffled, type Pair } from '../ranking/pairs.js';
import type { MicroBatch } from './learner.js';
import type { TrainingState } from './training-state.js';

/** The pairs of one training step; the first stands at `firstIndex` in the epoch (from 1). */
export interface StepOfEpoch {
  readonly epoch: number;
  readonly firstIndex: number;
  readonly pairs: readonly Pair[];
}

export class TrainingData {
  constructor(
    readonly cache: PhotoCache,
    private readonly seed: number,
  ) {}

  get crop(): number {
    return this.cache.index.crop;
  }

  /** All pairs of the training split in the order of `epoch` (from 1): the same for the same seed and epoch. */
  epoch(epoch: number): Pair[] {
    return shuffled(pairsOf(this.cache.index.dataset, 'train', { seed: this.seed, epoch }), { seed: this.seed, epoch });
  }

  /** The same pairs in the same order every time. @throws Problem DATASET where the split has none. */
  fixedPairs(split: Exclude<Split, 'train'>): Pair[] {
    const pairs = pairsOf(this.cache.index.dataset, split, { seed: this.seed, epoch: 0 });
    if (pairs.length > 0) return pairs;
    throw new Problem({
      code: 'DATASET',
      message: `split ${split} has no pairs of a good and a bad photo`,
      where: 'docs/splits.json',
      cure: `move at least one folder to ${split}: emo-aen splits proposes how`,
    });
  }

  /** Mean of people's scores of the training split's photos; null where nobody scored one. */
  get meanScore(): number | null {
    const scores = this.cache.index.dataset.photos.flatMap(({ split, score }) => (split === 'train' && score !== null ? [score] : []));
    return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  /** The steps of `perStep` pairs that are left of `epochs` epochs, from one on that was not taken yet. */
  *stepsFrom(from: Pick<TrainingState, 'epoch' | 'stepInEpoch'>, perStep: number, epochs: number): Generator<StepOfEpoch> {
    for (let { epoch, stepInEpoch } = from; epoch <= epochs; epoch++, stepInEpoch = 0) {
      const order = this.epoch(epoch);
      for (let step = stepInEpoch; step * perStep < order.length; step++)
        yield { epoch, firstIndex: step * perStep, pairs: pairsOfStep(order, step, perStep) };
    }
  }

  /** Fills the micro-batches of a step; the good photos are augmented. */
  fill({ pairs, firstIndex, epoch }: StepOfEpoch, batches: readonly MicroBatch[]): void {
    let done = 0;
    for (const batch of batches) {
      this.#fillBatch(pairs.slice(done, done + batch.pairs), firstIndex + done, epoch, batch);
      done += batch.pairs;
    }
  }

  #fillBatch(pairs: readonly Pair[], firstIndex: number, epoch: number, batch: MicroBatch): void {
    fillPairBatch(this.cache, pairs, firstIndex, { seed: this.seed, epoch }, batch.photos);
    [...pairs.map(({ good }) => good), ...pairs.map(({ bad }) => bad)].forEach((photo, row) => {
      const score = this.cache.index.dataset.photos[photo]?.score ?? null;
      batch.target[row] = score ?? 0;
      batch.mask[row] = score === null ? 0 : 1;
    });
  }

  /** Writes photo `photo` without augmentation as row `row` of a batch. */
  view(photo: number, out: Float32Array, row: number): void {
    fillView(this.cache, photo, out, row * this.crop ** 2 * 3);
  }

  fileOf(photo: number): string {
    return this.cache.index.dataset.photos[photo]?.file ?? `photo ${photo}`;
  }
}

/** Pairs of step `step` (from 0) of an epoch: the last step is filled up from the epoch's beginning, so that every step has `perStep` and every pair is used. */
export function pairsOfStep(order: readonly Pair[], step: number, perStep: number): Pair[] {
  return Array.from({ length: perStep }, (_, position) => {
    const pair = order[(step * perStep + position) % order.length];
    if (pair === undefined) throw new Error('an epoch without pairs');
    return pair;
  });
}

export function emptyBatch(pairs: number, crop: number): MicroBatch {
  const photos = 2 * pairs;
  return { pairs, photos: new Float32Array(photos * crop * crop * 3), target: new Float32Array(photos), mask: new Float32Array(photos) };
}
