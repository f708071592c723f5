import assert from 'node:assert/strict';
import { percentile } from '../../../ml/ranking/percentile.js';

describe('percentile', () => {
  it('lies between the two nearest values as NumPy has it', () => {
    // numpy.percentile([3, 1, 4, 1, 5], [0, 5, 50, 95, 100])
    assert.deepEqual(
      [0, 0.05, 0.5, 0.95, 1].map((share) => percentile([3, 1, 4, 1, 5], share)),
      [1, 1, 3, 4.8, 5],
    );
  });

  it('is not known of nothing', () => {
    assert.throws(() => percentile([], 0.5), RangeError);
  });
});
