/** The network together with its native state and its prepared programs: takes steps, gives scores, hands out what a checkpoint holds. */
import type { TrainSettings } from '../../configs/schema/train.js';
import type { Network } from '../network/network.js';
import type { Tensor } from '../weights/safetensors.js';
import {
  gradientsComputation,
  inferenceComputation,
  stepComputation,
  updateComputation,
  type ComputationSettings,
} from './computations.js';
import { eagerEngine } from './eager.js';
import { pick, type Computation, type Engine, type Program } from './kernels.js';
import { floats, NativeState } from './native-state.js';
import { namedNumbers, stepNumbers } from './optimizer.js';
import { DTYPES, type TensorFlow, type TensorId } from './tensorflow.js';
import type { StepTaken } from './training-state.js';

/** A part of an optimiser step. Good photos first, then bad ones in the same order. */
export interface MicroBatch {
  readonly pairs: number;
  /** [2 * pairs, crop, crop, 3], normalised. Not to be changed until the step has returned. */
  readonly photos: Float32Array;
  /** People's scores [2 * pairs] and 1 where there is one; read only where the network has the regression head. */
  readonly target: Float32Array;
  readonly mask: Float32Array;
}

export interface StepResult extends StepTaken {
  /** False where loss or norm is above its limit or not a finite number: then nothing was changed. */
  readonly taken: boolean;
}

/** What loss and gradient norm may be at most. */
export type StepLimits = Pick<StepTaken, 'loss' | 'gradNorm'>;
export interface StepOptions {
  /** What gradients are multiplied by on their way, against underflow in float16; a power of 2. */
  readonly lossScale?: number;
  readonly limits?: StepLimits;
}

export const ANY_FINITE: StepLimits = { loss: Number.MAX_VALUE, gradNorm: Number.MAX_VALUE };

export interface LearnerOptions {
  readonly tensorFlow: TensorFlow;
  readonly engine: Engine;
  readonly network: Network;
  readonly settings: ComputationSettings;
  readonly stored: ReadonlyMap<string, Tensor>;
  /** False for evaluation: no moments are kept. */
  readonly training: boolean;
}

type Outputs = Map<string, TensorId>;

export class Learner {
  readonly network: Network;
  readonly settings: ComputationSettings;
  readonly #state: NativeState;
  readonly #programs = new Map<string, Program>();

  constructor(private readonly options: LearnerOptions) {
    this.network = options.network;
    this.settings = options.settings;
    this.#state = new NativeState(options.tensorFlow, options.network, options.stored, options.training);
  }

  /**
   * One optimiser step, the loss a mean over all pairs of all micro-batches.
   * @param step counts from 1, for AdamW's bias correction
   * @throws where the device refuses, for want of memory for one; then nothing was changed
   */
  step(batches: readonly MicroBatch[], lr: number, step: number, { lossScale = 1, limits = ANY_FINITE }: StepOptions = {}): StepResult {
    const moving = namedNumbers(stepNumbers(lr, step, this.settings.optimizer));
    const numbers = [...moving, ['lossScale', lossScale] as const].map(([name, value]): [string, TensorId] => [
      name,
      this.#tensor([], Float32Array.of(value)),
    ]);
    try {
      const [only] = batches;
      const outputs = batches.length === 1 && only !== undefined ? this.#whole(only, numbers) : this.#accumulated(batches, numbers);
      const [loss, gradNorm] = [this.#take(outputs, 'loss'), this.#take(outputs, 'norm')];
      const right = this.#take(outputs, 'right');
      const taken = loss <= limits.loss && gradNorm <= limits.gradNorm;
      if (taken) this.#state.adopt(outputs);
      else this.#delete(outputs.values());
      return { loss, gradNorm, right, taken };
    } finally {
      this.#delete(numbers.map(([, id]) => id));
    }
  }

  /**
   * Scores in [-1, 1] and embeddings of `count` photos ([count, crop, crop, 3], normalised), by the running averages.
   * A program is prepared for each `count` that occurs, so let there be few.
   */
  infer(
    photos: Float32Array,
    count: number,
  ): { readonly score: Float32Array; readonly embedding: Float32Array; readonly features: Float32Array } {
    const { crop } = this.settings;
    const program = this.#program(`inference ${count}`, () => inferenceComputation(this.network, count, this.settings));
    const input = this.#tensor([count, crop, crop, 3], photos.subarray(0, count * crop * crop * 3));
    const outputs = this.#run(program, this.#state.tensors, [['photos', input]]);
    const [score, embedding, features] = ['score', 'embedding', 'features'].map((name) =>
      floats(this.options.tensorFlow, pick(outputs, name)),
    );
    this.#delete(outputs.values());
    if (score === undefined || embedding === undefined || features === undefined) throw new Error('inference gave too little');
    return { score, embedding, features };
  }

  /**
   * Runs `computation` once on a micro-batch, with the state as it is, and hands the numbers of each output to `see`, one after the
   * other. For looking into a step: nothing changes, nothing is kept.
   */
  inspect(
    computation: Computation,
    batch: MicroBatch,
    { eagerly }: { readonly eagerly: boolean },
    see: (name: string, values: Float32Array) => void,
  ): void {
    const { tensorFlow, engine } = this.options;
    const program = (eagerly ? eagerEngine(tensorFlow) : engine).prepare(computation);
    try {
      const outputs = this.#run(program, this.#state.tensors, [...this.#batch(batch), ['lossScale', this.#tensor([], Float32Array.of(1))]]);
      try {
        for (const [name, id] of outputs) see(name, floats(tensorFlow, id));
      } finally {
        this.#delete(outputs.values());
      }
    } finally {
      program.close();
    }
  }

  /** A copy of parameters and optimiser state in torchvision's names and layouts. */
  toStored(): Map<string, Tensor> {
    return this.#state.toStored();
  }

  close(): void {
    for (const program of this.#programs.values()) program.close();
    this.#programs.clear();
    this.#state.dispose();
  }

  #whole(batch: MicroBatch, numbers: readonly [string, TensorId][]): Outputs {
    const { network, settings } = this;
    const program = this.#program(`step ${batch.pairs}`, () => stepComputation(network, batch.pairs, settings));
    return this.#run(program, this.#state.tensors, this.#batch(batch), numbers);
  }

  #accumulated(batches: readonly MicroBatch[], numbers: readonly [string, TensorId][]): Outputs {
    const { network, settings } = this;
    const pairsPerStep = batches.reduce((sum, { pairs }) => sum + pairs, 0);
    // Gradient sums and running averages go from micro-batch to micro-batch and touch the state only when the step is whole.
    let carried: Outputs = new Map();
    try {
      let [loss, right] = [0, 0];
      batches.forEach((batch, index) => {
        const first = index === 0;
        const key = `gradients ${batch.pairs} of ${pairsPerStep}${first ? ' first' : ''}`;
        const program = this.#program(key, () => gradientsComputation(network, batch.pairs, pairsPerStep, first, settings));
        const outputs = this.#run(program, new Map([...this.#state.tensors, ...numbers, ...carried]), this.#batch(batch));
        loss += this.#take(outputs, 'loss');
        right += this.#take(outputs, 'right');
        this.#delete(carried.values());
        carried = outputs;
      });
      const program = this.#program('update', () => updateComputation(network, settings));
      const outputs = this.#run(program, new Map([...this.#state.tensors, ...carried, ...numbers]), []);
      for (const [name, id] of carried) {
        if (name.startsWith('sum/')) continue;
        outputs.set(name, id);
        carried.delete(name);
      }
      return outputs.set('loss', this.#tensor([], Float32Array.of(loss))).set('right', this.#tensor([], Float32Array.of(right)));
    } finally {
      this.#delete(carried.values());
    }
  }

  #batch({ pairs, photos, target, mask }: MicroBatch): [string, TensorId][] {
    const { crop } = this.settings;
    const count = 2 * pairs;
    const floatsOfPhotos = count * crop * crop * 3;
    const inputs: [string, TensorId][] = [['photos', this.#tensor([count, crop, crop, 3], photos.subarray(0, floatsOfPhotos))]];
    if (this.network.outputs.regression !== null)
      inputs.push(['target', this.#tensor([count], target)], ['mask', this.#tensor([count], mask)]);
    return inputs;
  }

  /** Runs with tensors that live on and with `fleeting` ones, which are deleted afterwards; `kept` ones are the caller's. */
  #run(
    program: Program,
    lasting: ReadonlyMap<string, TensorId>,
    fleeting: readonly [string, TensorId][],
    kept: readonly [string, TensorId][] = [],
  ): Outputs {
    try {
      return program.run(new Map([...lasting, ...fleeting, ...kept]));
    } finally {
      this.#delete(fleeting.map(([, id]) => id));
    }
  }

  #program(key: string, computation: () => Computation): Program {
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const program = this.options.engine.prepare(computation());
    this.#programs.set(key, program);
    return program;
  }

  #tensor(shape: readonly number[], data: Float32Array): TensorId {
    return this.options.tensorFlow.createTensor(shape, DTYPES.float32, data);
  }

  /** A scalar's value; the tensor leaves `outputs` and is deleted. */
  #take(outputs: Outputs, name: string): number {
    const id = pick(outputs, name);
    const [value = NaN] = floats(this.options.tensorFlow, id);
    outputs.delete(name);
    this.#delete([id]);
    return value;
  }

  #delete(ids: Iterable<TensorId>): void {
    for (const id of ids) this.options.tensorFlow.deleteTensor(id);
  }
}

/** Sizes of the micro-batches of a step of `pairs` pairs, as even as they can be, larger ones first. */
export function microBatches(pairs: number, accumulate: TrainSettings['loop']['accumulate']): number[] {
  const parts = Math.min(pairs, accumulate);
  return Array.from({ length: parts }, (_, part) => Math.floor(pairs / parts) + (part < pairs % parts ? 1 : 0));
}
