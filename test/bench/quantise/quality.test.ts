import assert from 'node:assert/strict';
import { judge } from '../../../bench/quantise/quality.js';

const scored = (rows: readonly (readonly [number, number])[], scores: readonly number[]) => ({
  embeddings: Float32Array.from(rows.flat()),
  dimensions: 2,
  scores: Float32Array.from(scores),
});

describe('how far a quantised network is from the float one', () => {
  const rows = [
    [1, 0],
    [0, 1],
    [0.6, 0.8],
  ] as const;
  const exact = scored(rows, [0.9, 0.1, 0.5]);

  it('is nothing where both say the same', () => {
    const all = { cosineMedian: 1, cosineFifth: 1, errorOverVariance: 0, degradedOrder: 1, allOrder: 1 };
    assert.deepEqual(judge(exact, scored(rows, [0.9, 0.1, 0.5]), 2, [[0, 2]]), all);
  });

  it('counts cosines and errors of unharmed photos, and the order of all', () => {
    const got = judge(
      exact,
      scored(
        [
          [0.6, 0.8],
          [0, 1],
          [-1, 0],
        ],
        [0.4, 0.1, 0.5],
      ),
      2,
      [[0, 2]],
    );
    assert.ok(Math.abs(got.cosineMedian - 0.8) < 1e-6 && Math.abs(got.cosineFifth - 0.62) < 1e-6);
    // 0.4 ^ 2 + 0.8 ^ 2 over 4 x 0.5 ^ 2
    assert.ok(Math.abs(got.errorOverVariance - 0.8) < 1e-6);
    assert.deepEqual([got.degradedOrder, got.allOrder], [0, 2 / 3]);
  });
});
