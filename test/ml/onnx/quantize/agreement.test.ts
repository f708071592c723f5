import assert from 'node:assert/strict';
import { isLost, isSame, relativeError } from '../../../../ml/onnx/quantize/agreement.js';

const output = 'score';

describe('how far a quantised network is from the float one', () => {
  it('is 1, and lost, where it gives the mean answer to every photo, however little the answers differ', () => {
    for (const variance of [1, 1e-3, 7e-11]) {
      const error = { output, error: variance, variance, square: 1 };
      assert.equal(relativeError([error]), 1);
      assert.equal(isLost(error), true);
    }
  });

  it('is lost where a large answer is off by more than what tells photos apart', () => {
    assert.equal(isLost({ output, error: 0.0081, variance: 0.0004, square: 1 }), true);
    assert.equal(isLost({ output, error: 0.00039, variance: 0.0004, square: 1 }), false);
  });

  it('is lost where there is no number', () => {
    assert.equal(isLost({ output, error: Infinity, variance: 1, square: 1 }), true);
    assert.equal(isLost({ output, error: NaN, variance: 1, square: 1 }), true);
  });

  it('forgives what float32 rounds of a network that has one answer for all photos', () => {
    const error = { output, error: 1e-14, variance: 0, square: 1 };
    assert.deepEqual([isLost(error), isSame([error]), relativeError([{ ...error, error: 0 }])], [false, true, 0]);
  });
});
