/**
 * The loss of a batch of pairs (method §4) and its gradient: mean over pairs of max(0, margin - (s_good - s_bad)), and, where people
 * scored photos, regressionWeight times the mean squared error of the regression head over the scored photos, scores as given.
 */
import type { TrainSettings } from '../../configs/schema/train.js';
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
export function pairLoss(
  k: Kernels,
  scores: Value,
  regression: Regression | null,
  { margin, regressionWeight }: TrainSettings['loss'],
  pairsPerStep: number,
): Loss {
  const pairs = (scores.shape[0] ?? 0) / 2;
  const lead = ops.binary(k, 'Sub', ops.rows(k, scores, 0, pairs), ops.rows(k, scores, pairs, pairs));
  const violation = ops.unary(k, 'Relu', ops.binary(k, 'Sub', ops.scalar(k, margin), lead));
  const hinge = ops.times(k, ops.sumAll(k, violation), 1 / pairsPerStep);
  const share = ops.broadcastTo(k, ops.scalar(k, 1 / pairsPerStep), [pairs]);
  const badGradient = ops.activationGradient(k, 'ReluGrad', share, violation);
  const score = ops.concat(k, [ops.unary(k, 'Neg', badGradient), badGradient]);
  const right = ops.sumAll(k, ops.cast(k, ops.greater(k, lead, ops.scalar(k, 0)), 'float32'));
  if (regression === null) return { total: hinge, right, score, regression: null };

  const { prediction, target, mask } = regression;
  const error = ops.binary(k, 'Mul', ops.binary(k, 'Sub', ops.reshape(k, prediction, [2 * pairs]), target), mask);
  const counted = ops.binary(k, 'Maximum', ops.sumAll(k, mask), ops.scalar(k, 1));
  // The mean is over this micro-batch's scored photos; the micro-batch counts in the step by its share of the pairs.
  const weight = ops.binary(k, 'RealDiv', ops.scalar(k, (regressionWeight * pairs) / pairsPerStep), counted);
  const squared = ops.binary(k, 'Mul', weight, ops.sumAll(k, ops.unary(k, 'Square', error)));
  const gradient = ops.times(k, ops.binary(k, 'Mul', error, weight), 2);
  return { total: ops.binary(k, 'AddV2', hinge, squared), right, score, regression: ops.reshape(k, gradient, [2 * pairs, 1]) };
}
