/** Where a training run stands, besides its tensors: everything that an exact continuation needs, and no clock. */
import { z } from 'zod';
import type { TrainSettings } from '../../configs/schema/train.js';
import { LossScale } from './loss-scale.js';

const Sums = z.object({ loss: z.number(), right: z.number(), pairs: z.number(), gradNorm: z.number() });
type Sums = z.infer<typeof Sums>;

const NO_SUMS: Sums = { loss: 0, right: 0, pairs: 0, gradNorm: 0 };
const NO_WINDOW = { ...NO_SUMS, steps: 0 };

/** What has a default is not in checkpoints of versions that did not know it. */
export const TrainingState = z.object({
  /** The epoch in progress, from 1; one more than `schedule.epochs` when all are done. */
  epoch: z.int().positive(),
  /** Optimiser steps done in it. */
  stepInEpoch: z.int().nonnegative(),
  /** Optimiser steps done in all. */
  step: z.int().nonnegative(),
  /** Sums over this epoch's steps, for its row of metrics. */
  sums: Sums,
  /** The same over the steps since the last row of steps. */
  window: Sums.extend({ steps: z.int().nonnegative() }).default(NO_WINDOW),
  /** Lowest means of an epoch so far; null in the first one. */
  lowest: z.object({ loss: z.number(), gradNorm: z.number() }).nullable().default(null),
  /** Where the device had too little memory: micro-batches of each step from step `step` of the run on. */
  split: z.object({ microBatches: z.int().positive(), step: z.int().positive() }).nullable().default(null),
  /** In float16 only. */
  lossScale: LossScale.nullable().default(null),
  /** Of the best validation so far. */
  best: z.object({ epoch: z.int(), step: z.int(), accuracy: z.number(), loss: z.number() }).nullable(),
  stopping: z.object({
    /** Validation accuracy that the next improvement is measured from. */
    reference: z.number().nullable(),
    /** Evaluations in a row without an improvement. */
    stale: z.int().nonnegative(),
  }),
  /** Why training ended, null while it goes on. */
  ended: z.enum(['epochs', 'early stopping']).nullable(),
});
export type TrainingState = z.infer<typeof TrainingState>;

export const AT_START: TrainingState = {
  epoch: 1,
  stepInEpoch: 0,
  step: 0,
  sums: NO_SUMS,
  window: NO_WINDOW,
  lowest: null,
  split: null,
  lossScale: null,
  best: null,
  stopping: { reference: null, stale: 0 },
  ended: null,
};

export interface StepTaken {
  readonly loss: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** Pairs whose good photo scored higher. */
  readonly right: number;
}

export function afterStep(state: TrainingState, taken: StepTaken, pairs: number): TrainingState {
  return {
    ...state,
    step: state.step + 1,
    stepInEpoch: state.stepInEpoch + 1,
    sums: plus(state.sums, taken, pairs),
    window: { ...plus(state.window, taken, pairs), steps: state.window.steps + 1 },
  };
}

function plus(sums: Sums, { loss, right, gradNorm }: StepTaken, pairs: number): Sums {
  return { loss: sums.loss + loss, right: sums.right + right, pairs: sums.pairs + pairs, gradNorm: sums.gradNorm + gradNorm };
}

export interface Means {
  readonly loss: number;
  /** Share of pairs ranked right, in [0, 1]. */
  readonly accuracy: number;
  readonly gradNorm: number;
}

/** @param steps at least 1 */
export function meansOf({ loss, right, pairs, gradNorm }: Sums, steps: number): Means {
  return { loss: loss / steps, accuracy: right / pairs, gradNorm: gradNorm / steps };
}

/** The state after a row of steps was written. */
export function afterRow(state: TrainingState): TrainingState {
  return { ...state, window: NO_WINDOW };
}

export interface Validation {
  /** Share of validation pairs ranked right, in [0, 1]. */
  readonly accuracy: number;
  readonly loss: number;
}

/** Least difference of two accuracies that counts: shares of pairs are quotients, and 0.505 - 0.5 is a little less than 0.005. */
const ROUNDING = 1e-9;

/**
 * The state after an epoch's validation. Best is the highest accuracy, among equals the lowest loss, then the earliest. An
 * improvement (method §5.6) is an accuracy at least `points` percentage points above the last one that counted as an
 * improvement, so that several small steps up count once they add up; after `evaluations` in a row without one, training ends.
 */
export function afterEpoch(
  state: TrainingState,
  validation: Validation,
  earlyStopping: TrainSettings['earlyStopping'],
  epochs: number,
): TrainingState {
  const { best, stopping } = state;
  const better =
    best === null || validation.accuracy > best.accuracy || (validation.accuracy === best.accuracy && validation.loss < best.loss);
  const improved = stopping.reference === null || validation.accuracy - stopping.reference >= earlyStopping.points / 100 - ROUNDING;
  const stale = improved ? 0 : stopping.stale + 1;
  const { loss, gradNorm } = meansOf(state.sums, state.stepInEpoch);
  const lowest = state.lowest ?? { loss, gradNorm };
  return {
    ...state,
    epoch: state.epoch + 1,
    stepInEpoch: 0,
    sums: NO_SUMS,
    lowest: { loss: Math.min(lowest.loss, loss), gradNorm: Math.min(lowest.gradNorm, gradNorm) },
    best: better ? { epoch: state.epoch, step: state.step, ...validation } : best,
    stopping: { reference: improved ? validation.accuracy : stopping.reference, stale },
    ended: stale >= earlyStopping.evaluations ? 'early stopping' : state.epoch >= epochs ? 'epochs' : null,
  };
}
