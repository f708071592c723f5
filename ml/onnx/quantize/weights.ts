/** Weights as int8, a scale per output channel, symmetric; biases as int32 in the scale of the products. */
import { floatsOf } from '../build.js';
import type { OnnxTensor } from '../messages.js';

export interface QuantizedWeights {
  readonly dims: readonly number[];
  /** Same order as the floats; -127 to 127. */
  readonly steps: Int8Array;
  /** [output channels]. */
  readonly scales: Float32Array;
}

const STEPS = 127;
/** Half of what int32 holds: room for what bias correction adds. */
const LARGEST_BIAS = 2 ** 30;

/**
 * @param weight [O, ...]
 * @param bias [O]: a channel of tiny weights and a large bias gets a coarser scale than its weights need, or its bias would not fit
 * @param inputScale of the value that the weights are applied to
 */
export function quantizeWeights(weight: OnnxTensor, bias: Float32Array, inputScale: number): QuantizedWeights {
  const numbers = floatsOf(weight);
  const perChannel = numbers.length / bias.length;
  const steps = new Int8Array(numbers.length);
  const scales = new Float32Array(bias.length);
  for (let channel = 0; channel < bias.length; channel++) {
    const own = numbers.subarray(channel * perChannel, (channel + 1) * perChannel);
    const largest = own.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
    const scale = Math.fround(Math.max(largest / STEPS, Math.abs(bias[channel] ?? 0) / (inputScale * LARGEST_BIAS))) || 1;
    scales[channel] = scale;
    own.forEach((number, index) => (steps[channel * perChannel + index] = Math.max(-STEPS, Math.min(STEPS, Math.round(number / scale)))));
  }
  return { dims: weight.dims, steps, scales };
}

/** Bias in units of input scale times weight scale: what integer products are added up in. */
export function quantizeBias(bias: Float32Array, scales: Float32Array): Int32Array {
  return Int32Array.from(bias, (number, channel) => {
    const steps = Math.round(number / (scales[channel] ?? NaN));
    return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, steps));
  });
}

/** Scale of each channel's products: input scale times weight scale. */
export function productScales({ scales }: QuantizedWeights, inputScale: number): Float32Array {
  return scales.map((scale) => scale * inputScale);
}
