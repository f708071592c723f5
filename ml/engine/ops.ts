/** TensorFlow's operations with the shapes of what they give; one function a kernel, all NHWC. Elementwise ones broadcast. */
import { depthwise } from './own.js';
import { type Attributes, type DType, type Kernels, type Value, type ValueSpec } from './kernels.js';

const float = 'float32' satisfies DType;

export function scalar(k: Kernels, value: number, dtype: DType = float): Value {
  const constant = k.constant(float, [], [value]);
  return dtype === float ? constant : cast(k, constant, dtype);
}

export function vector(k: Kernels, values: readonly number[]): Value {
  return k.constant('int32', [values.length], values);
}

function one(k: Kernels, op: string, attributes: Attributes, inputs: readonly Value[], spec: ValueSpec): Value {
  const [value] = k.run(op, attributes, inputs, [spec]);
  if (value === undefined) throw new Error(`${op} gave nothing`);
  return value;
}

const typed = (value: Value): Attributes => ({ T: { type: value.dtype } });
const like = ({ shape, dtype }: Value): ValueSpec => ({ shape, dtype });

/** TensorFlow's names of elementwise operations on two and on one value. */
type Binary = 'AddV2' | 'Sub' | 'Mul' | 'RealDiv' | 'Maximum' | 'Minimum';
type Unary = 'Relu' | 'Relu6' | 'Sqrt' | 'Square' | 'Rsqrt' | 'Neg' | 'Sigmoid' | 'Softplus';
type Gradient = 'ReluGrad' | 'Relu6Grad';

export function binary(k: Kernels, op: Binary, a: Value, b: Value): Value {
  return one(k, op, typed(a), [a, b], { shape: broadcastShape(a.shape, b.shape), dtype: a.dtype });
}

export function unary(k: Kernels, op: Unary, x: Value): Value {
  return one(k, op, typed(x), [x], like(x));
}

/** `features` is the activation's output for ReluGrad, its input for Relu6Grad. */
export function activationGradient(k: Kernels, op: Gradient, gradient: Value, features: Value): Value {
  return one(k, op, typed(gradient), [gradient, features], like(gradient));
}

export function greater(k: Kernels, a: Value, b: Value): Value {
  return one(k, 'Greater', typed(a), [a, b], { shape: broadcastShape(a.shape, b.shape), dtype: 'bool' });
}

export function cast(k: Kernels, x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  return one(k, 'Cast', { SrcT: { type: x.dtype }, DstT: { type: dtype }, Truncate: { bool: false } }, [x], { shape: x.shape, dtype });
}

export function reshape(k: Kernels, x: Value, shape: readonly number[]): Value {
  return one(k, 'Reshape', { ...typed(x), Tshape: { type: 'int32' } }, [x, vector(k, shape)], { shape, dtype: x.dtype });
}

export function broadcastTo(k: Kernels, x: Value, shape: readonly number[]): Value {
  if (x.shape.join() === shape.join()) return x;
  return one(k, 'BroadcastTo', { ...typed(x), Tidx: { type: 'int32' } }, [x, vector(k, shape)], { shape, dtype: x.dtype });
}

/** Over `axes`, which stay as sides of length 1. */
export function reduce(k: Kernels, op: 'Sum' | 'Mean', x: Value, axes: readonly number[]): Value {
  const shape = x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const attributes: Attributes = { ...typed(x), Tidx: { type: 'int32' }, keep_dims: { bool: true } };
  return one(k, op, attributes, [x, vector(k, axes)], { shape, dtype: x.dtype });
}

/** To a scalar. */
export function sumAll(k: Kernels, x: Value): Value {
  return reshape(
    k,
    reduce(
      k,
      'Sum',
      x,
      x.shape.map((_, axis) => axis),
    ),
    [],
  );
}

/** Half the sum of squares, a scalar. */
export function l2Loss(k: Kernels, x: Value): Value {
  return one(k, 'L2Loss', typed(x), [x], { shape: [], dtype: x.dtype });
}

/**
 * The sum of many scalars. Not TensorFlow's AddN: it adds into whichever input's memory happens to be free first, so that the
 * order, and with it the last bits, differ from run to run.
 */
export function sumOfScalars(k: Kernels, scalars: readonly Value[]): Value {
  const attributes: Attributes = { T: { type: float }, N: { int: scalars.length }, axis: { int: 0 } };
  return sumAll(k, one(k, 'Pack', attributes, scalars, { shape: [scalars.length], dtype: float }));
}

export function slice(k: Kernels, x: Value, begin: readonly number[], shape: readonly number[]): Value {
  return one(k, 'Slice', { ...typed(x), Index: { type: 'int32' } }, [x, vector(k, begin), vector(k, shape)], { shape, dtype: x.dtype });
}

/** Rows `from` .. `from + count` of the first axis. */
export function rows(k: Kernels, x: Value, from: number, count: number): Value {
  const rest = x.shape.slice(1);
  return slice(k, x, [from, ...rest.map(() => 0)], [count, ...rest]);
}

/** Along the first axis. */
export function concat(k: Kernels, parts: readonly Value[]): Value {
  const [first] = parts;
  if (first === undefined) throw new Error('a concatenation of nothing');
  const shape = [parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0), ...first.shape.slice(1)];
  const axis = k.constant('int32', [], [0]);
  const attributes: Attributes = { ...typed(first), N: { int: parts.length }, Tidx: { type: 'int32' } };
  return one(k, 'ConcatV2', attributes, [...parts, axis], { shape, dtype: first.dtype });
}

export function matMul(k: Kernels, a: Value, b: Value, transpose: { readonly a?: boolean; readonly b?: boolean } = {}): Value {
  const [rowCount, columns] = [a.shape[transpose.a === true ? 1 : 0] ?? 0, b.shape[transpose.b === true ? 0 : 1] ?? 0];
  const attributes: Attributes = { ...typed(a), transpose_a: { bool: transpose.a === true }, transpose_b: { bool: transpose.b === true } };
  return one(k, 'MatMul', attributes, [a, b], { shape: [rowCount, columns], dtype: a.dtype });
}

const NHWC: Attributes = { data_format: { string: 'NHWC' } };

export function biasAdd(k: Kernels, x: Value, bias: Value): Value {
  return one(k, 'BiasAdd', { ...typed(x), ...NHWC }, [x, bias], like(x));
}

export function biasGradient(k: Kernels, gradient: Value): Value {
  return one(k, 'BiasAddGrad', { ...typed(gradient), ...NHWC }, [gradient], { shape: gradient.shape.slice(-1), dtype: gradient.dtype });
}

/** How a convolution steps over its input: `same` pads as TensorFlow does, `symmetric` by (kernel - 1) / 2 on every side as PyTorch does. */
export interface Stepping {
  readonly stride: number;
  readonly kernel: number;
  readonly padding: 'symmetric' | 'same';
}

const SAME: Attributes = { padding: { string: 'SAME' } };
const VALID: Attributes = { padding: { string: 'VALID' } };

/**
 * Zeros before and after each side, where a symmetric padding is not what TensorFlow's SAME is: at a stride of 2 and an even side.
 * They are added by Pad. TensorFlow's own EXPLICIT padding costs more (Conv2DBackpropFilter six times), and its graph optimiser
 * forgets the paddings of a depthwise convolution that it fuses with a bias, which ends the process (TensorFlow 2.21).
 */
function extraZeros(x: Value, { stride, kernel, padding }: Stepping): readonly [before: number, after: number][] | null {
  const sides = x.shape.slice(1, 3);
  if (padding === 'same' || stride === 1 || sides.every((side) => side % 2 !== 0)) return null;
  const before = (kernel - 1) / 2;
  return sides.map((side) => [before, Math.max(0, (Math.ceil(side / stride) - 1) * stride + kernel - before - side)]);
}

function pad(k: Kernels, x: Value, zeros: readonly (readonly [number, number])[]): Value {
  const all = [[0, 0], ...zeros, [0, 0]];
  const shape = x.shape.map((side, axis) => side + (all[axis] ?? []).reduce((sum, count) => sum + count, 0));
  const paddings = k.constant('int32', [4, 2], all.flat());
  return one(k, 'Pad', { ...typed(x), Tpaddings: { type: 'int32' } }, [x, paddings], { shape, dtype: x.dtype });
}

const KERNELS = {
  dense: { forward: 'Conv2D', input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter' },
  depthwise: {
    forward: 'DepthwiseConv2dNative',
    input: 'DepthwiseConv2dNativeBackpropInput',
    filter: 'DepthwiseConv2dNativeBackpropFilter',
  },
} as const;
export type ConvolutionKind = keyof typeof KERNELS;

export interface Convolved {
  readonly output: Value;
  inputGradient(gradient: Value): Value;
  filterGradient(gradient: Value): Value;
}

/** Filters: [k, k, in, out] (`dense`) or [k, k, channels, 1] (`depthwise`). */
export function convolution(k: Kernels, kind: ConvolutionKind, x: Value, filter: Value, stepping: Stepping): Convolved {
  if (k.own && kind === 'depthwise' && x.dtype === float) return depthwise(k, x, filter, stepping);
  const names = KERNELS[kind];
  const [count = 0, height = 0, width = 0] = x.shape;
  const channels = filter.shape[kind === 'dense' ? 3 : 2] ?? 0;
  const { stride } = stepping;
  const shape = [count, Math.ceil(height / stride), Math.ceil(width / stride), channels];
  const zeros = extraZeros(x, stepping);
  const padded = zeros === null ? x : pad(k, x, zeros);
  const steps: Attributes = { strides: { ints: [1, stride, stride, 1] }, dilations: { ints: [1, 1, 1, 1] } };
  const attributes = { ...typed(x), ...NHWC, ...steps, ...(zeros === null ? SAME : VALID) };
  return {
    output: one(k, names.forward, attributes, [padded, filter], { shape, dtype: x.dtype }),
    inputGradient(gradient) {
      const whole = one(k, names.input, attributes, [vector(k, padded.shape), filter, gradient], like(padded));
      return zeros === null ? whole : slice(k, whole, [0, ...zeros.map(([before]) => before), 0], x.shape);
    },
    filterGradient: (gradient) => one(k, names.filter, attributes, [padded, vector(k, filter.shape), gradient], like(filter)),
  };
}

export interface BatchNormSettings {
  readonly epsilon: number;
  /** Share of the new batch in the running averages; 1 forgets the past. */
  readonly momentum: number;
  /** Normalise by the batch (training) or by the running averages. */
  readonly byBatch: boolean;
}

export interface BatchNormed {
  readonly output: Value;
  /** New running averages; the variance is the unbiased one, as PyTorch keeps it. */
  readonly mean: Value;
  readonly variance: Value;
  /** What the gradient needs: mean and (biased) variance that were used. */
  readonly reserved: readonly [Value, Value];
}

/** `scale`, `shift`, `mean` and `variance` are float32 [C], whatever `x` is. */
export function batchNorm(
  k: Kernels,
  x: Value,
  scale: Value,
  shift: Value,
  mean: Value,
  variance: Value,
  settings: BatchNormSettings,
): BatchNormed {
  const channels: ValueSpec = { shape: scale.shape, dtype: float };
  const none = k.constant(float, [0], []);
  const forget = settings.byBatch && settings.momentum === 1;
  const attributes: Attributes = {
    ...batchNormAttributes(x, settings),
    exponential_avg_factor: { float: settings.byBatch ? settings.momentum : 1 },
  };
  const inputs = [x, scale, shift, forget ? none : mean, forget ? none : variance];
  const [output, newMean, newVariance, reserved1, reserved2] = k.run('FusedBatchNormV3', attributes, inputs, [
    like(x),
    channels,
    channels,
    channels,
    channels,
  ]);
  if (output === undefined || newMean === undefined || newVariance === undefined || reserved1 === undefined || reserved2 === undefined)
    throw new Error('FusedBatchNormV3 gave too little');
  return { output, mean: newMean, variance: newVariance, reserved: [reserved1, reserved2] };
}

export function batchNormGradient(
  k: Kernels,
  gradient: Value,
  x: Value,
  scale: Value,
  reserved: readonly [Value, Value],
  settings: BatchNormSettings,
): { readonly x: Value; readonly scale: Value; readonly shift: Value } {
  // The sixth input is cuDNN's scratch space: its content is not read on the CPU, and an empty one makes the GPU kernel do without.
  const inputs = [gradient, x, scale, ...reserved, k.constant(float, [0], [])];
  const channels: ValueSpec = { shape: scale.shape, dtype: float };
  const [dx, dScale, dShift] = k.run('FusedBatchNormGradV3', batchNormAttributes(x, settings), inputs, [like(x), channels, channels]);
  if (dx === undefined || dScale === undefined || dShift === undefined) throw new Error('FusedBatchNormGradV3 gave too little');
  return { x: dx, scale: dScale, shift: dShift };
}

function batchNormAttributes(x: Value, settings: BatchNormSettings): Attributes {
  return {
    T: { type: x.dtype },
    U: { type: float },
    epsilon: { float: settings.epsilon },
    ...NHWC,
    is_training: { bool: settings.byBatch },
  };
}

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const side = (shape: readonly number[], axis: number): number => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [side(a, axis), side(b, axis)];
    if (left !== right && left !== 1 && right !== 1) throw new Error(`[${a.join()}] and [${b.join()}] do not broadcast`);
    return left === 1 ? right : left;
  });
}

/** Scales every element of `x` by a number known beforehand. */
export function times(k: Kernels, x: Value, factor: number): Value {
  return binary(k, 'Mul', x, scalar(k, factor, x.dtype));
}

export function plus(k: Kernels, x: Value, term: number): Value {
  return binary(k, 'AddV2', x, scalar(k, term, x.dtype));
}
