/** The ranking losses. A new one is a file beside this one, a row in {@link LOSSES}, and a row of settings in `configs/schema/losses.ts`. */
import type { LossKind, LossSettings } from '../../configs/schema/losses.js';
import type { Kernels, Value } from '../engine/kernels.js';
import { requireScores } from '../ranking/metrics.js';
import { hinge } from './hinge.js';
import { logistic } from './logistic.js';
import type { LossGraph, RankingLoss } from './ranking-loss.js';

const LOSSES: { readonly [Kind in LossKind]: RankingLoss<Kind> } = { hinge, logistic };

/** The loss that the settings name, with its own settings. */
export function chosenLoss(settings: LossSettings): {
  value(lead: number): number;
  graph(k: Kernels, lead: Value, weight: Value): LossGraph;
} {
  return withSettings(settings.kind, settings);
}

function withSettings<Kind extends LossKind>(kind: Kind, all: LossSettings): ReturnType<typeof chosenLoss> {
  const loss: RankingLoss<Kind> = LOSSES[kind];
  const settings = all[kind];
  return { value: (lead) => loss.value(lead, settings), graph: (k, lead, weight) => loss.graph(k, lead, weight, settings) };
}

/**
 * Mean loss of pairs; `good[i]` and `bad[i]` are the scores of pair i.
 * @throws RangeError without pairs or with lists of different length; Problem NUMERICS where a score is not finite.
 */
export function meanLoss(good: readonly number[], bad: readonly number[], settings: LossSettings): number {
  requireScores(good, bad);
  const loss = chosenLoss(settings);
  return good.reduce((sum, score, pair) => sum + loss.value(score - (bad[pair] as number)), 0) / good.length;
}
