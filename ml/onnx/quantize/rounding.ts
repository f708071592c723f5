/**
 * Which integers stand for a layer's weights. Rounding each weight to the nearest step is the best for that weight, not for the layer: errors of
 * weights whose inputs vary together can cancel. What is minimised, for each output channel by itself, is the variance of the error of the layer's
 * results on the calibration photos,
 *
 *     (s q - w)' H (s q - w),   H the covariance of the taps that the integers q read.
 *
 * The mean of the error is left to the bias. Source of the objective: Nagel et al. (2020), "Up or down? Adaptive rounding for post-training
 * quantization", equation 13; solved over all integers, not only the two next ones, by coordinate descent as Behdin et al. (2023), "QuantEase", section 3, do it:
 * one weight after the other takes the best integer given all the others, until none changes.
 */
import { floatsOf } from '../build.js';
import type { OnnxTensor } from '../messages.js';
import type { Taps } from './taps.js';
import type { QuantizedWeights } from './weights.js';

const STEPS = 127;
const SWEEPS = 8;

/**
 * @param nearest rounded to the nearest step: where the descent begins; its scales are kept
 * @param covariances [groups, taps, taps]
 */
export function roundToLeastError(
  weight: OnnxTensor,
  nearest: QuantizedWeights,
  { groups, each }: Taps,
  covariances: Float64Array,
): QuantizedWeights {
  const numbers = floatsOf(weight);
  const steps = nearest.steps.slice();
  const outputs = nearest.scales.length;
  for (let output = 0; output < outputs; output++) {
    const group = Math.floor((output * groups) / outputs);
    descend(
      steps.subarray(output * each, (output + 1) * each),
      numbers.subarray(output * each, (output + 1) * each),
      nearest.scales[output] as number,
      covariances.subarray(group * each ** 2, (group + 1) * each ** 2),
    );
  }
  return { ...nearest, steps };
}

function descend(steps: Int8Array, weights: Float32Array, scale: number, H: Float64Array): void {
  const taps = steps.length;
  // Half the gradient by each step, over the scale: H (s q - w).
  const slope = new Float64Array(taps);
  for (let at = 0; at < taps; at++) climb(slope, H, at, scale * (steps[at] as number) - (weights[at] as number));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let changed = false;
    for (let at = 0; at < taps; at++) {
      const curve = H[at * taps + at] as number;
      if (!(curve > 0)) continue;
      const before = steps[at] as number;
      const after = Math.max(-STEPS, Math.min(STEPS, Math.round(before - (slope[at] as number) / (scale * curve))));
      if (after === before) continue;
      changed = true;
      steps[at] = after;
      climb(slope, H, at, scale * (after - before));
    }
    if (!changed) return;
  }
}

function climb(slope: Float64Array, H: Float64Array, at: number, change: number): void {
  const row = at * slope.length;
  for (let tap = 0; tap < slope.length; tap++) slope[tap] = (slope[tap] as number) + change * (H[row + tap] as number);
}
