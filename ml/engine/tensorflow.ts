/**
 * The door to TensorFlow: the native binding of `@tensorflow/tfjs-node-gpu`, taken without the layers above it. The
 * engine calls TensorFlow's own kernels by name, so tfjs' tensors, tape and kernels would only cost start-up and memory.
 *
 * Only the training child loads this: TensorFlow's thread pools read the environment once, and a step blocks its thread.
 */
import { readInstallation } from '../../configs/load/installation.js';
import { Problem } from '../../configs/problem.js';
import { checkAddon, loadAddon, type CheckedAddon } from '../addon.js';
import type { DType } from './kernels.js';

/** A native tensor, by the number that the binding knows it under. */
export type TensorId = number;

export interface NativeTensor {
  readonly id: TensorId;
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: boolean | number | string | readonly number[];
}

/** What is used of `tfjs_binding.node` (its own declaration: `@tensorflow/tfjs-node-gpu/dist/tfjs_binding.d.ts`). */
export interface TensorFlow {
  readonly TF_Version: string;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  /** The tensor may share memory with `data` until it is deleted. */
  createTensor(shape: readonly number[], dtype: number, data: Float32Array | Int32Array): TensorId;
  deleteTensor(id: TensorId): void;
  /** A copy of the values. */
  tensorDataSync(id: TensorId): Float32Array | Int32Array | Uint8Array;
  executeOp(op: string, attributes: readonly NativeAttribute[], inputs: readonly TensorId[], outputs: number): NativeTensor[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: readonly TensorId[], inputNames: string, outputNames: string): NativeTensor[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
}

/** TensorFlow's numbers for element types (tensorflow/core/framework/types.proto). */
export const DTYPES: Readonly<Record<DType, number>> = { float32: 1, int32: 3, bfloat16: 14, float16: 19, bool: 10 };

/** The binding, whose libraries are as set-up made them; not loaded yet. @throws Problem ENVIRONMENT as {@link checkAddon}. */
export async function checkTensorFlow(): Promise<CheckedAddon> {
  return checkAddon((await readInstallation()).tensorflow.binding, 'TensorFlow');
}

/** @throws Problem ENVIRONMENT where a library is missing, changed since set-up made it, or cannot be loaded. */
export async function loadTensorFlow(): Promise<TensorFlow> {
  return (await checkTensorFlow()).load() as TensorFlow;
}

/**
 * Tells TensorFlow, once it is loaded, of our own operations (own.ts), which run on the CPU.
 * @param kernels absolute path: `tensorflow.kernels` of the installation
 * @throws Problem ENVIRONMENT
 */
export async function loadOwnOperations(kernels: string): Promise<void> {
  await loadAddon(kernels, 'our operations for TensorFlow');
}

export type Device = 'cuda' | 'cpu';

/**
 * Environment variables of a process that is to load TensorFlow; they must be set before it starts.
 * `threads` null: one per core. The number of threads decides the order of sums, so it belongs to what makes a run repeat exactly.
 */
export function tensorFlowEnvironment(device: 'auto' | Device, threads: number): Record<string, string> {
  return {
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(threads),
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_DETERMINISTIC_OPS: '1',
    ...(device === 'cpu' ? { CUDA_VISIBLE_DEVICES: '-1' } : { TF_FORCE_GPU_ALLOW_GROWTH: 'true' }),
  };
}

/** The device that TensorFlow found. @throws Problem ENVIRONMENT where `cuda` is demanded and there is none. */
export function deviceOf(tensorFlow: TensorFlow, wanted: 'auto' | Device): Device {
  const found: Device = tensorFlow.isUsingGpuDevice() ? 'cuda' : 'cpu';
  if (wanted === 'cuda' && found !== 'cuda')
    throw new Problem({
      code: 'ENVIRONMENT',
      message: 'environment.device is cuda, and TensorFlow finds no CUDA device',
      where: 'environment.device',
      cure: 'set `environment.device: auto` to train on the CPU where there is no GPU, or run `emo-aen doctor` on the machine with the GPU',
    });
  return found;
}
