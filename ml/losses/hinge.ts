/** Hinge loss of a pair: max(0, margin - lead). Source: Herbrich et al. (1999), "Support vector learning for ordinal regression". */
import * as ops from '../engine/ops.js';
import type { RankingLoss } from './ranking-loss.js';

export const hinge: RankingLoss<'hinge'> = {
  value: (lead, { margin }) => Math.max(0, margin - lead),
  graph(k, lead, weight, { margin }) {
    const violation = ops.unary(k, 'Relu', ops.binary(k, 'Sub', ops.scalar(k, margin), lead));
    return { losses: violation, descent: ops.activationGradient(k, 'ReluGrad', weight, violation) };
  },
};
