/** Where a training run stands, besides its tensors: everything that an exact continuation needs, and no clock. */
import { z } from 'zod';
import type { TrainSettings } from '../../configs/schema/train.js';

export const TrainingState = z.object({
  /** The epoch in progress, from 1; one more than `schedule.epochs` when all are done. */
  epoch: z.int().positive(),
  /** Optimiser steps done in it. */
  stepInEpoch: z.int().nonnegative(),
  /** Optimiser steps done in all. */
  step: z.int().nonnegative(),
  /** Sums over this epoch's steps, for its row of metrics. */
  sums: z.object({ loss: z.number(), right: z.number(), pairs: z.number(), gradNorm: z.number() }),
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

const NO_SUMS: TrainingState['sums'] = { loss: 0, right: 0, pairs: 0, gradNorm: 0 };

export const AT_START: TrainingState = {
  epoch: 1,
  stepInEpoch: 0,
  step: 0,
  sums: NO_SUMS,
  best: null,
  stopping: { reference: null, stale: 0 },
  ended: null,
};

export function afterStep(state: TrainingState, result: { loss: number; right: number; gradNorm: number }, pairs: number): TrainingState {
  const { sums } = state;
  return {
    ...state,
    step: state.step + 1,
    stepInEpoch: state.stepInEpoch + 1,
    sums: {
      loss: sums.loss + result.loss,
      right: sums.right + result.right,
      pairs: sums.pairs + pairs,
      gradNorm: sums.gradNorm + result.gradNorm,
    },
  };
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
  return {
    ...state,
    epoch: state.epoch + 1,
    stepInEpoch: 0,
    sums: NO_SUMS,
    best: better ? { epoch: state.epoch, step: state.step, ...validation } : best,
    stopping: { reference: improved ? validation.accuracy : stopping.reference, stale },
    ended: stale >= earlyStopping.evaluations ? 'early stopping' : state.epoch >= epochs ? 'epochs' : null,
  };
}
