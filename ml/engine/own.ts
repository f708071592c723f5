/** The operations of `ml/engine/native` with the shapes of what they give: float32, NHWC, CPU. Why they are: the heads of its files. */
import type { TrainSettings } from '../../configs/schema/train.js';
import type { NetworkSpec } from '../network/network.js';
import type { Attributes, Kernels, Value, ValueSpec } from './kernels.js';
import type { Convolved, Stepping } from './ops.js';
import type { Moved, StepNumbers } from './optimizer.js';

/** What stands behind a batch norm; numbered as in native/batch-norm.cc. */
const ACTIVATIONS = ['none', 'relu', 'hardSwish'] as const;
export type OwnActivation = (typeof ACTIVATIONS)[number];

const like = ({ shape, dtype }: Value): ValueSpec => ({ shape, dtype });

function only(values: readonly Value[], op: string): Value {
  const [value] = values;
  if (value === undefined) throw new Error(`${op} gave nothing`);
  return value;
}

function three(values: readonly Value[], op: string): readonly [Value, Value, Value] {
  const [a, b, c] = values;
  if (a === undefined || b === undefined || c === undefined) throw new Error(`${op} gave too little`);
  return [a, b, c];
}

/** Parameters and running averages of a norm, each float32 [C]. */
export interface NormParameters {
  readonly scale: Value;
  readonly shift: Value;
  readonly mean: Value;
  readonly variance: Value;
}

export interface OwnNormed {
  readonly output: Value;
  /** New running averages; the variance is the unbiased one, as PyTorch keeps it. */
  readonly mean: Value;
  readonly variance: Value;
  gradient(dy: Value): { readonly x: Value; readonly scale: Value; readonly shift: Value };
}

/** Batch norm by the batch, and its activation. */
export function batchNorm(
  k: Kernels,
  x: Value,
  { scale, shift, mean, variance }: NormParameters,
  { epsilon, momentum }: NetworkSpec['batchNorm'],
  activation: OwnActivation,
): OwnNormed {
  const channels = like(scale);
  const kind: Attributes = { activation: { int: ACTIVATIONS.indexOf(activation) } };
  const attributes: Attributes = { epsilon: { float: epsilon }, momentum: { float: momentum }, ...kind };
  const outputs = k.run('EmoBatchNorm', attributes, [x, scale, shift, mean, variance], [like(x), channels, channels, channels, channels]);
  const [output, newMean, newVariance] = three(outputs, 'EmoBatchNorm');
  const saved = outputs.slice(3);
  return {
    output,
    mean: newMean,
    variance: newVariance,
    gradient(dy) {
      const gradients = k.run('EmoBatchNormGrad', kind, [dy, x, scale, shift, ...saved], [like(x), channels, channels]);
      const [dx, dScale, dShift] = three(gradients, 'EmoBatchNormGrad');
      return { x: dx, scale: dScale, shift: dShift };
    },
  };
}

/** Zeros in front of each side. Behind it there are as many as the last place needs. */
function zerosBefore(side: number, { stride, kernel, padding }: Stepping): number {
  if (padding === 'symmetric') return (kernel - 1) / 2;
  return Math.floor(Math.max(0, (Math.ceil(side / stride) - 1) * stride + kernel - side) / 2);
}

/** Square photos only: both sides have the same padding. `filter`: [k, k, C, 1]. */
export function depthwise(k: Kernels, x: Value, filter: Value, stepping: Stepping): Convolved {
  const [count = 0, height = 0, width = 0, channels = 0] = x.shape;
  const { stride, kernel } = stepping;
  const steps: Attributes = { stride: { int: stride }, before: { int: zerosBefore(height, stepping) } };
  const output: ValueSpec = { shape: [count, Math.ceil(height / stride), Math.ceil(width / stride), channels], dtype: 'float32' };
  const sides: Attributes = { height: { int: height }, width: { int: width } };
  return {
    output: only(k.run('EmoDepthwise', steps, [x, filter], [output]), 'EmoDepthwise'),
    inputGradient: (dy) => only(k.run('EmoDepthwiseInputGrad', { ...steps, ...sides }, [dy, filter], [like(x)]), 'EmoDepthwiseInputGrad'),
    filterGradient: (dy) =>
      only(k.run('EmoDepthwiseFilterGrad', { ...steps, kernel: { int: kernel } }, [x, dy], [like(filter)]), 'EmoDepthwiseFilterGrad'),
  };
}

/** One parameter's update by AdamW, clipping included: what `adamW` in optimizer.ts says in kernels of TensorFlow. */
export function adamW(
  k: Kernels,
  { parameter, m, v }: Moved,
  gradient: Value,
  { clip, keep, stepSize, correction }: Readonly<Record<keyof StepNumbers | 'clip', Value>>,
  { beta1, beta2, epsilon, decaying }: TrainSettings['optimizer'] & { readonly decaying: boolean },
): Moved {
  const attributes: Attributes = {
    beta1: { float: beta1 },
    beta2: { float: beta2 },
    epsilon: { float: epsilon },
    decaying: { int: decaying ? 1 : 0 },
  };
  const inputs = [parameter, m, v, gradient, clip, keep, stepSize, correction];
  const moved = three(k.run('EmoAdamW', attributes, inputs, [like(parameter), like(m), like(v)]), 'EmoAdamW');
  return { parameter: moved[0], m: moved[1], v: moved[2] };
}
