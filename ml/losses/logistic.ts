/** Logistic loss of a pair: log(1 + exp(-lead / temperature)). Source: Burges et al. (2005), "Learning to rank using gradient descent" (RankNet). */
import * as ops from '../engine/ops.js';
import type { RankingLoss } from './ranking-loss.js';

export const logistic: RankingLoss<'logistic'> = {
  value(lead, { temperature }) {
    const x = -lead / temperature;
    // Of a large x the exponential is no number, its logarithm is x.
    return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
  },
  graph(k, lead, weight, { temperature }) {
    const x = ops.times(k, lead, -1 / temperature);
    const descent = ops.times(k, ops.binary(k, 'Mul', weight, ops.unary(k, 'Sigmoid', x)), 1 / temperature);
    return { losses: ops.unary(k, 'Softplus', x), descent };
  },
};
