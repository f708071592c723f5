/**
 * What a step is written against: values and TensorFlow's kernels. Two things implement it. `eager.ts` runs each kernel at
 * once, `graph.ts` writes it down as a node of a TensorFlow graph; so the step exists once, and the graph needs no recording
 * and no example data: shapes are known before anything runs.
 */
export type DType = Precision | 'int32' | 'bool';
/** What convolutions, norms and activations are computed in; parameters and everything behind the features are float32. */
export type Precision = 'float32' | 'bfloat16' | 'float16';

export interface ValueSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A tensor to be: `ref` is a native tensor's number (eager) or a node's output name (graph). */
export interface Value extends ValueSpec {
  readonly ref: number | string;
}

export type Attribute =
  | { readonly type: DType }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly string: string };

export type Attributes = Readonly<Record<string, Attribute>>;

export interface Kernels {
  /** Whether the operations of `ml/engine/native` may be used (own.ts): on the CPU only. */
  readonly own: boolean;
  /** Runs or writes down one TensorFlow operation. `outputs` says what it gives, in its order; trailing ones may be left out. */
  run(op: string, attributes: Attributes, inputs: readonly Value[], outputs: readonly ValueSpec[]): Value[];
  /** A small constant: at most {@link MAX_CONSTANT} elements, so that no graph carries data. */
  constant(dtype: 'float32' | 'int32', shape: readonly number[], data: readonly number[]): Value;
}

export const MAX_CONSTANT = 64;

export type Values = ReadonlyMap<string, Value>;

/** A computation with named inputs and outputs, not yet tied to how it is run. Outputs must be made by `build`, never an input handed through. */
export interface Computation {
  readonly name: string;
  readonly inputs: ReadonlyMap<string, ValueSpec>;
  /** Whether it takes gradients. Where it does not, TensorFlow fuses more by itself than our own operations do. */
  readonly training: boolean;
  build(kernels: Kernels, inputs: Values): Values;
}

export type Tensors = ReadonlyMap<string, number>;

/** A computation made ready. Tensors given in stay the caller's; those that come out are the caller's to delete. */
export interface Program {
  run(inputs: Tensors): Map<string, number>;
  close(): void;
}

export type EngineName = 'graph' | 'eager';

export interface Engine {
  readonly name: EngineName;
  prepare(computation: Computation): Program;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** @throws Error (a defect) where `values` has no `name`. */
export function pick<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no value named ${name}`);
  return value;
}
