import type { LossKind, LossSettings } from '../../configs/schema/losses.js';
import type { Kernels, Value } from '../engine/kernels.js';

/** What a pair costs, given its lead: the score of its good photo less that of its bad one, from -2 to 2. */
export interface RankingLoss<Kind extends LossKind> {
  /** The loss of one pair. */
  value(lead: number, settings: LossSettings[Kind]): number;
  /** The same of n pairs in TensorFlow: `lead` and `weight` are float32 [n]. */
  graph(k: Kernels, lead: Value, weight: Value, settings: LossSettings[Kind]): LossGraph;
}

export interface LossGraph {
  /** float32 [n]: the loss of each pair. */
  readonly losses: Value;
  /** float32 [n]: `weight` times how fast the loss falls as the lead grows, which is minus its derivative. */
  readonly descent: Value;
}
