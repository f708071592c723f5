import assert from 'node:assert/strict';
import { pairsOfStep } from '../../../ml/engine/data.js';

const ORDER = Array.from({ length: 10 }, (_, number) => ({ good: number, bad: number + 100 }));

describe('the steps of an epoch', () => {
  it('use every pair, and fill the last step from the beginning', () => {
    const goods = [0, 1, 2].map((step) => pairsOfStep(ORDER, step, 4).map(({ good }) => good));
    assert.deepEqual(goods, [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 0, 1],
    ]);
  });
});
