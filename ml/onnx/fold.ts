/** Batch norm folded into the convolution before it: at inference both together are one convolution with a bias. */
import type { Tensor } from '../weights/safetensors.js';

/** Parameters of a batch norm over C channels, each [C]. */
export interface NormParameters {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/**
 * weight' = weight * scale / sqrt(variance + epsilon), bias' = shift + (bias - mean) * scale / sqrt(variance + epsilon), per output
 * channel. Computed in float64 and rounded once, so that the export differs from the network by rounding alone.
 * @param weight [O, I, k, k]
 * @param bias [O], or null where the convolution has none
 */
export function foldBatchNorm(
  weight: Tensor,
  bias: Float32Array | null,
  norm: NormParameters,
  epsilon: number,
): { weight: Float32Array; bias: Float32Array } {
  const channels = norm.scale.length;
  const perChannel = weight.data.length / channels;
  const factor = Float64Array.from(norm.scale, (scale, channel) => scale / Math.sqrt((norm.variance[channel] ?? NaN) + epsilon));
  const at = (channel: number): number => factor[channel] ?? NaN;
  return {
    weight: weight.data.map((number, index) => number * at(Math.floor(index / perChannel))),
    bias: norm.shift.map((shift, channel) => shift + ((bias?.[channel] ?? 0) - (norm.mean[channel] ?? NaN)) * at(channel)),
  };
}
