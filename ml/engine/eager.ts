/** Runs each kernel the moment it is called: the reference that the graph is held to. Slow, and keeps every intermediate until the end. */
import { DTYPES, type NativeAttribute, type TensorFlow, type TensorId } from './tensorflow.js';
import {
  pick,
  type Attribute,
  type Attributes,
  type Computation,
  type Engine,
  type Kernels,
  type Program,
  type Value,
  type ValueSpec,
} from './kernels.js';

export function eagerEngine(tensorFlow: TensorFlow): Engine {
  return { name: 'eager', prepare: (computation) => eagerProgram(tensorFlow, computation) };
}

function eagerProgram(tensorFlow: TensorFlow, computation: Computation): Program {
  return {
    run(inputs) {
      const kernels = new EagerKernels(tensorFlow);
      try {
        const values = new Map<string, Value>();
        for (const [name, spec] of computation.inputs) values.set(name, { ...spec, ref: pick(inputs, name) });
        const outputs = new Map<string, TensorId>();
        for (const [name, value] of computation.build(kernels, values)) outputs.set(name, kernels.keep(value));
        return outputs;
      } finally {
        kernels.dispose();
      }
    },
    close: () => undefined,
  };
}

class EagerKernels implements Kernels {
  readonly own = false;
  readonly #made = new Set<TensorId>();

  constructor(private readonly tensorFlow: TensorFlow) {}

  run(op: string, attributes: Attributes, inputs: readonly Value[], outputs: readonly ValueSpec[]): Value[] {
    const natives = this.tensorFlow.executeOp(op, nativeAttributes(this.tensorFlow, attributes), inputs.map(idOf), OUTPUTS[op] ?? 1);
    for (const { id } of natives) this.#made.add(id);
    return outputs.map((spec, index) => {
      const native = natives[index];
      if (native === undefined || native.shape.join() !== spec.shape.join() || native.dtype !== DTYPES[spec.dtype])
        throw new Error(
          `${op} gives output ${index} as ${native?.dtype} [${native?.shape.join()}], expected ${spec.dtype} [${spec.shape.join()}]`,
        );
      return { ...spec, ref: native.id };
    });
  }

  constant(dtype: 'float32' | 'int32', shape: readonly number[], data: readonly number[]): Value {
    const id = this.tensorFlow.createTensor(shape, DTYPES[dtype], dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data));
    this.#made.add(id);
    return { dtype, shape, ref: id };
  }

  keep(value: Value): TensorId {
    const id = idOf(value);
    if (!this.#made.delete(id)) throw new Error('an output was not made here, or is named twice');
    return id;
  }

  dispose(): void {
    for (const id of this.#made) this.tensorFlow.deleteTensor(id);
    this.#made.clear();
  }
}

/** How many outputs an operation has where it is not one: TensorFlow wants the exact number. */
const OUTPUTS: Readonly<Record<string, number>> = { FusedBatchNormV3: 6, FusedBatchNormGradV3: 5 };

function idOf(value: Value): TensorId {
  if (typeof value.ref !== 'number') throw new Error(`${value.ref} belongs to a graph`);
  return value.ref;
}

function nativeAttributes(tensorFlow: TensorFlow, attributes: Attributes): NativeAttribute[] {
  return Object.entries(attributes).map(([name, attribute]) => ({ name, ...nativeAttribute(tensorFlow, attribute) }));
}

function nativeAttribute(tensorFlow: TensorFlow, attribute: Attribute): Omit<NativeAttribute, 'name'> {
  if ('type' in attribute) return { type: tensorFlow.TF_ATTR_TYPE, value: DTYPES[attribute.type] };
  if ('int' in attribute) return { type: tensorFlow.TF_ATTR_INT, value: attribute.int };
  if ('ints' in attribute) return { type: tensorFlow.TF_ATTR_INT, value: attribute.ints };
  if ('float' in attribute) return { type: tensorFlow.TF_ATTR_FLOAT, value: attribute.float };
  if ('bool' in attribute) return { type: tensorFlow.TF_ATTR_BOOL, value: attribute.bool };
  return { type: tensorFlow.TF_ATTR_STRING, value: attribute.string };
}
