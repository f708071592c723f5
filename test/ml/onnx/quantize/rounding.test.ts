import assert from 'node:assert/strict';
import { constant, floatsOf } from '../../../../ml/onnx/build.js';
import { roundToLeastError } from '../../../../ml/onnx/quantize/rounding.js';
import { quantizeWeights, type QuantizedWeights } from '../../../../ml/onnx/quantize/weights.js';
import { seeded } from '../seeded-network.js';

const TAPS = 6;
const NO_BIAS = new Float32Array(4);

/** Covariances of taps that share most of what they are: neighbours see nearly the same. */
function related(): Float64Array {
  const mix = seeded('mix', TAPS * TAPS, (u) => u);
  return Float64Array.from({ length: TAPS * TAPS }, (_, at) => {
    const [row, column] = [Math.floor(at / TAPS), at % TAPS];
    let sum = row === column ? 0.01 : 0;
    for (let part = 0; part < TAPS; part++) sum += (mix[row * TAPS + part] ?? 0) * (mix[column * TAPS + part] ?? 0);
    return sum;
  });
}

/** (s q - w)' H (s q - w) of one output channel, written out. */
function errorOf(weights: Float32Array, { steps, scales }: QuantizedWeights, H: Float64Array, output: number): number {
  const lost = Array.from({ length: TAPS }, (_, tap) => {
    const at = output * TAPS + tap;
    return (steps[at] ?? NaN) * (scales[output] ?? NaN) - (weights[at] ?? NaN);
  });
  return lost.reduce((sum, a, row) => sum + lost.reduce((inner, b, column) => inner + a * (H[row * TAPS + column] ?? NaN) * b, 0), 0);
}

describe('rounding weights for the least error of their layer', () => {
  const weight = constant(
    'w',
    [4, TAPS],
    seeded('weights', 4 * TAPS, (u) => 2 * u - 1),
  );
  // Coarse scales, so that each step matters.
  const nearest = (): QuantizedWeights => {
    const scales = new Float32Array(4).fill(0.25);
    return {
      ...quantizeWeights(weight, NO_BIAS, 1),
      scales,
      steps: Int8Array.from(floatsOf(weight), (number) => Math.round(number / 0.25)),
    };
  };
  const H = related();
  const taps = { groups: 1, each: TAPS };

  it('leaves no step of a single weight that would be better', () => {
    const rounded = roundToLeastError(weight, nearest(), taps, H);
    for (let output = 0; output < 4; output++) {
      const error = errorOf(floatsOf(weight), rounded, H, output);
      for (let tap = 0; tap < TAPS; tap++)
        for (const step of [-1, 1]) {
          const steps = rounded.steps.slice();
          steps[output * TAPS + tap] = (steps[output * TAPS + tap] ?? 0) + step;
          assert.ok(errorOf(floatsOf(weight), { ...rounded, steps }, H, output) >= error - 1e-12);
        }
    }
  });

  it('is a good deal less than the error of the nearest steps where taps vary together', () => {
    const sum = (of: QuantizedWeights): number => [0, 1, 2, 3].reduce((all, output) => all + errorOf(floatsOf(weight), of, H, output), 0);
    const share = sum(roundToLeastError(weight, nearest(), taps, H)) / sum(nearest());
    assert.ok(share < 0.7, `${share}`);
  });

  it('takes the nearest steps where taps vary by themselves, and where they do not vary at all', () => {
    const alone = Float64Array.from({ length: TAPS * TAPS }, (_, at) => (Math.floor(at / TAPS) === at % TAPS ? 2 : 0));
    assert.deepEqual(roundToLeastError(weight, nearest(), taps, alone).steps, nearest().steps);
    assert.deepEqual(roundToLeastError(weight, nearest(), taps, new Float64Array(TAPS * TAPS)).steps, nearest().steps);
  });

  it('gives each group of a convolution its own covariances', () => {
    const alone = Float64Array.from({ length: TAPS * TAPS }, (_, at) => (Math.floor(at / TAPS) === at % TAPS ? 2 : 0));
    const both = roundToLeastError(weight, nearest(), { groups: 2, each: TAPS }, Float64Array.from([...alone, ...H]));
    const whole = roundToLeastError(weight, nearest(), taps, H);
    assert.deepEqual(both.steps.subarray(0, 2 * TAPS), nearest().steps.subarray(0, 2 * TAPS));
    assert.deepEqual(both.steps.subarray(2 * TAPS), whole.steps.subarray(2 * TAPS));
  });
});
