/**
 * AdamW with decoupled decay, after clipping by the global norm, as PyTorch computes them (torch.optim.AdamW,
 * torch.nn.utils.clip_grad_norm_; Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019).
 */
import type { TrainSettings } from '../../configs/schema/train.js';
import type { ParameterSpec } from '../network/network.js';
import type { Kernels, Value } from './kernels.js';
import * as ops from './ops.js';
import * as own from './own.js';

type OptimizerSettings = TrainSettings['optimizer'];

/** What changes from step to step: numbers computed in double precision, fed as float32 scalars. */
export interface StepNumbers {
  /** 1 - lr * weightDecay. */
  readonly keep: number;
  /** lr / (1 - beta1^t). */
  readonly stepSize: number;
  /** sqrt(1 - beta2^t). */
  readonly correction: number;
}
export const STEP_NUMBERS = ['keep', 'stepSize', 'correction'] as const satisfies readonly (keyof StepNumbers)[];

/** @param step counts from 1 */
export function stepNumbers(lr: number, step: number, { weightDecay, beta1, beta2 }: OptimizerSettings): StepNumbers {
  return { keep: 1 - lr * weightDecay, stepSize: lr / (1 - beta1 ** step), correction: Math.sqrt(1 - beta2 ** step) };
}

/** The same as names and values, in a fixed order. */
export function namedNumbers(numbers: StepNumbers): [name: string, value: number][] {
  return STEP_NUMBERS.map((name) => [name, numbers[name]]);
}

/** Biases, scales and shifts of norms do not decay under `weights`. */
export function decays(parameter: ParameterSpec, settings: OptimizerSettings): boolean {
  return settings.decay === 'all' || parameter.kind === 'weight' || parameter.kind === 'direction';
}

export interface Clipping {
  /** Global norm before clipping, a scalar. */
  readonly norm: Value;
  /** What every gradient is multiplied by: min(1, limit / (norm + 1e-6)) / lossScale. */
  readonly clip: Value;
}

/** By the length of all gradients together, which come multiplied by `lossScale`, a scalar. */
export function clipByGlobalNorm(k: Kernels, gradients: ReadonlyMap<string, Value>, limit: number, lossScale: Value): Clipping {
  const halves = [...gradients.values()].map((gradient) => ops.l2Loss(k, gradient));
  const length = ops.unary(k, 'Sqrt', ops.times(k, ops.sumOfScalars(k, halves), 2));
  const norm = ops.binary(k, 'RealDiv', length, lossScale);
  const ratio = ops.binary(k, 'RealDiv', ops.scalar(k, limit), ops.plus(k, norm, 1e-6));
  return { norm, clip: ops.binary(k, 'RealDiv', ops.binary(k, 'Minimum', ratio, ops.scalar(k, 1)), lossScale) };
}

export interface Moved {
  readonly parameter: Value;
  readonly m: Value;
  readonly v: Value;
}

/** One parameter's update. */
export function adamW(
  k: Kernels,
  moved: Moved,
  gradient: Value,
  numbers: Readonly<Record<keyof StepNumbers | 'clip', Value>>,
  settings: OptimizerSettings & { readonly decaying: boolean },
): Moved {
  if (k.own) return own.adamW(k, moved, gradient, numbers, settings);
  const { parameter, m, v } = moved;
  const { beta1, beta2, epsilon } = settings;
  const clipped = ops.binary(k, 'Mul', gradient, numbers.clip);
  const newM = ops.binary(k, 'AddV2', m, ops.times(k, ops.binary(k, 'Sub', clipped, m), 1 - beta1));
  const newV = ops.binary(k, 'AddV2', ops.times(k, v, beta2), ops.times(k, ops.unary(k, 'Square', clipped), 1 - beta2));
  const root = ops.plus(k, ops.binary(k, 'RealDiv', ops.unary(k, 'Sqrt', newV), numbers.correction), epsilon);
  const move = ops.binary(k, 'RealDiv', ops.binary(k, 'Mul', newM, numbers.stepSize), root);
  const kept = settings.decaying ? ops.binary(k, 'Mul', parameter, numbers.keep) : parameter;
  return { parameter: ops.binary(k, 'Sub', kept, move), m: newM, v: newV };
}
