import assert from 'node:assert/strict';
import { constant } from '../../../../ml/onnx/build.js';
import { productScales, quantizeBias, quantizeWeights } from '../../../../ml/onnx/quantize/weights.js';

describe('weights as int8', () => {
  const weight = constant('w', [3, 2], Float32Array.of(0.5, -1, 0, 0, 2000, 1));

  it('have a scale for each output channel, the largest weight at 127', () => {
    const { steps, scales } = quantizeWeights(weight, new Float32Array(3), 0.1);
    assert.deepEqual([...steps], [64, -127, 0, 0, 127, 0]);
    assert.deepEqual([...scales], [1 / 127, 1, 2000 / 127].map(Math.fround));
  });

  it('leave room for a large bias of a channel with tiny weights', () => {
    const bias = Float32Array.of(50);
    const tiny = quantizeWeights(constant('w', [1, 2], Float32Array.of(1e-12, -1e-12)), bias, 0.01);
    const scales = productScales(tiny, 0.01);
    const [steps = NaN] = quantizeBias(bias, scales);
    assert.ok(Math.abs(steps * (scales[0] ?? NaN) - 50) < 1e-3);
    assert.ok(Math.abs(steps) <= 2 ** 30);
  });
});

describe('biases as int32', () => {
  it('are in units of the products', () => {
    assert.deepEqual([...quantizeBias(Float32Array.of(1, -0.26), Float32Array.of(0.5, 0.1))], [2, -3]);
  });

  it('saturate instead of turning over', () => {
    assert.deepEqual([...quantizeBias(Float32Array.of(1e30, -1e30), Float32Array.of(1e-3, 1e-3))], [2 ** 31 - 1, -(2 ** 31)]);
  });
});
