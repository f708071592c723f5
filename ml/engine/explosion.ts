import type { TrainSettings } from '../../configs/schema/train.js';
import { chosenLoss } from '../losses/losses.js';
import { ANY_FINITE, type StepLimits } from './learner.js';
import { meansOf, type TrainingState } from './training-state.js';

/**
 * What loss and gradient norm of the next step may be at most: `loop.explosion` times their lowest mean over an epoch so far; in the
 * first epoch, over its steps so far; any finite number for the first step of all.
 *
 * Where everything is ranked right both means go to zero, and the next mistake is no explosion: the ranking loss of equal scores, which
 * is about what the loss begins at, and the limit that gradients are clipped to stand in for lower means. The hinge loss is at most
 * margin + 2 and never comes near; the regression head's error has no bound. Gradients have none either, but clipping makes one large step of them harmless: an
 * untrained network without batch norm, whose embeddings are short, begins with norms of a million and learns all the same.
 */
export function stepLimits({ lowest, sums, stepInEpoch }: TrainingState, { loop, loss }: Pick<TrainSettings, 'loop' | 'loss'>): StepLimits {
  const before = lowest ?? (stepInEpoch === 0 ? null : meansOf(sums, stepInEpoch));
  if (before === null) return ANY_FINITE;
  return {
    loss: loop.explosion.loss * Math.max(before.loss, chosenLoss(loss).value(0)),
    gradNorm: loop.explosion.gradNorm * Math.max(before.gradNorm, loop.clip),
  };
}
