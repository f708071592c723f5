/**
 * The loss of a batch of pairs (method §4) and its gradient: the mean of the ranking loss over pairs, and, where people scored photos,
 * regressionWeight times the mean squared error of the regression head over the scored photos, scores as given.
 */
import type { LossSettings } from '../../configs/schema/losses.js';
import { chosenLoss } from '../losses/losses.js';
import type { Kernels, Value } from './kernels.js';
import * as ops from './ops.js';

export interface Loss {
  /** A scalar, already divided by the pairs of the whole step, so that micro-batches add up. */
  readonly total: Value;
  /** Number of pairs whose good photo scored higher. */
  readonly right: Value;
  /** Gradients of the total by the scores [2n] and by the regression head's output [2n, 1]. */
  readonly score: Value;
  readonly regression: Value | null;
}

export interface Regression {
  readonly prediction: Value;
  /** float32 [2n]: people's scores, 0 where there is none. */
  readonly target: Value;
  /** float32 [2n]: 1 where a person scored the photo, else 0. */
  readonly mask: Value;
}

/**
 * @param scores float32 [2n]: the good photos of n pairs, then their bad ones
 * @param pairsPerStep pairs of the optimiser step that this batch is a part of: the mean is over those
 */
export function pairLoss(k: Kernels, scores: Value, regression: Regression | null, settings: LossSettings, pairsPerStep: number): Loss {
  const pairs = (scores.shape[0] ?? 0) / 2;
  const lead = ops.binary(k, 'Sub', ops.rows(k, scores, 0, pairs), ops.rows(k, scores, pairs, pairs));
  const share = ops.broadcastTo(k, ops.scalar(k, 1 / pairsPerStep), [pairs]);
  const { losses, descent } = chosenLoss(settings).graph(k, lead, share);
  const ranking = ops.times(k, ops.sumAll(k, losses), 1 / pairsPerStep);
  const score = ops.concat(k, [ops.unary(k, 'Neg', descent), descent]);
  const right = ops.sumAll(k, ops.cast(k, ops.greater(k, lead, ops.scalar(k, 0)), 'float32'));
  if (regression === null) return { total: ranking, right, score, regression: null };

  const { prediction, target, mask } = regression;
  const error = ops.binary(k, 'Mul', ops.binary(k, 'Sub', ops.reshape(k, prediction, [2 * pairs]), target), mask);
  const counted = ops.binary(k, 'Maximum', ops.sumAll(k, mask), ops.scalar(k, 1));
  // The mean is over this micro-batch's scored photos; the micro-batch counts in the step by its share of the pairs.
  const weight = ops.binary(k, 'RealDiv', ops.scalar(k, (settings.regressionWeight * pairs) / pairsPerStep), counted);
  const squared = ops.binary(k, 'Mul', weight, ops.sumAll(k, ops.unary(k, 'Square', error)));
  const gradient = ops.times(k, ops.binary(k, 'Mul', error, weight), 2);
  return { total: ops.binary(k, 'AddV2', ranking, squared), right, score, regression: ops.reshape(k, gradient, [2 * pairs, 1]) };
}
