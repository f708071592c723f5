/** Parameters, running averages and optimiser moments as native tensors, which stay with TensorFlow between steps. */
import type { Network } from '../network/network.js';
import type { Tensor } from '../weights/safetensors.js';
import { trainedParameters } from './computations.js';
import { pick } from './kernels.js';
import { checkShape, layoutsOf, type Layout } from './layout.js';
import { DTYPES, type TensorFlow, type TensorId } from './tensorflow.js';

/** Names of the optimiser's tensors in a checkpoint. */
const MOMENTS = { m: 'optimizer.m.', v: 'optimizer.v.' } as const;

/** Whether a tensor of a checkpoint belongs to the optimiser and not to the network. */
export function isOptimizerTensor(name: string): boolean {
  return Object.values(MOMENTS).some((prefix) => name.startsWith(prefix));
}

interface Slot {
  /** Its name in computations, and in checkpoints. */
  readonly name: string;
  readonly stored: string;
  readonly storedShape: readonly number[];
  readonly layout: Layout;
}

export class NativeState {
  readonly tensors = new Map<string, TensorId>();
  readonly #slots: readonly Slot[];

  /**
   * @param stored the network's parameters in torchvision's layouts, and moments where there are any (else they start at zero)
   * @param withMoments false where nothing is trained
   */
  constructor(
    private readonly tensorFlow: TensorFlow,
    network: Network,
    stored: ReadonlyMap<string, Tensor>,
    withMoments: boolean,
  ) {
    const layouts = layoutsOf(network);
    const moments = withMoments ? trainedParameters(network) : [];
    const slot = (prefix: string, storedPrefix: string, name: string, storedShape: readonly number[]): Slot => ({
      name: prefix + name,
      stored: storedPrefix + name,
      storedShape,
      layout: pick(layouts, name),
    });
    this.#slots = [
      ...network.parameters.map(({ name, shape }) => slot('', '', name, shape)),
      ...moments.map(({ name, shape }) => slot('m/', MOMENTS.m, name, shape)),
      ...moments.map(({ name, shape }) => slot('v/', MOMENTS.v, name, shape)),
    ];
    for (const parameter of network.parameters) checkShape(parameter, pick(stored, parameter.name));
    for (const { name, stored: key, storedShape, layout } of this.#slots) {
      const tensor = stored.get(key) ?? { shape: storedShape, data: new Float32Array(storedShape.reduce((a, b) => a * b, 1)) };
      this.tensors.set(name, tensorFlow.createTensor(layout.shape, DTYPES.float32, layout.toEngine(tensor.data)));
    }
  }

  /** Takes over the tensors that `outputs` has for this state, and deletes those they replace. Others in `outputs` are left alone. */
  adopt(outputs: ReadonlyMap<string, TensorId>): void {
    for (const [name, id] of outputs) {
      const before = this.tensors.get(name);
      if (before === undefined) continue;
      this.tensorFlow.deleteTensor(before);
      this.tensors.set(name, id);
    }
  }

  /** A copy of everything, as it is stored. */
  toStored(): Map<string, Tensor> {
    return new Map(
      this.#slots.map(({ name, stored, storedShape, layout }) => [
        stored,
        { shape: storedShape, data: layout.fromEngine(floats(this.tensorFlow, pick(this.tensors, name))) },
      ]),
    );
  }

  dispose(): void {
    for (const id of this.tensors.values()) this.tensorFlow.deleteTensor(id);
    this.tensors.clear();
  }
}

/** A copy of a float32 tensor's values. */
export function floats(tensorFlow: TensorFlow, id: TensorId): Float32Array {
  const data = tensorFlow.tensorDataSync(id);
  if (!(data instanceof Float32Array)) throw new Error('not a float32 tensor');
  return data;
}
