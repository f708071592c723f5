/**
 * The computations that training and evaluation are made of, each written once:
 * - `step`: forward, loss, gradients, clipping, AdamW and running averages of one whole optimiser step;
 * - `gradients` and `update`: the same in two parts, where a step is accumulated from several micro-batches;
 * - `inference`: embeddings and scores by the running averages.
 *
 * Names of inputs and outputs: parameters under their own name, `m/<name>`, `v/<name>`, `sum/<name>` (accumulated gradients),
 * `photos`, `target`, `mask`, `lossScale`, the three numbers of a step; out come also `loss`, `right` (pairs
 * ranked right), `norm`; from `inference`: `features`, `embedding`, `score`.
 */
import type { TrainSettings } from '../../configs/schema/train.js';
import { isTrained, type Network, type ParameterSpec } from '../network/network.js';
import { forward } from './forward.js';
import { pick, type Computation, type Kernels, type Precision, type Value, type Values, type ValueSpec } from './kernels.js';
import { layoutsOf } from './layout.js';
import { pairLoss } from './loss.js';
import { binary } from './ops.js';
import { adamW, clipByGlobalNorm, decays, STEP_NUMBERS } from './optimizer.js';

export interface ComputationSettings {
  readonly crop: number;
  readonly precision: Precision;
  readonly loss: TrainSettings['loss'];
  readonly optimizer: TrainSettings['optimizer'];
  readonly clip: number;
}

const float = (shape: readonly number[]): ValueSpec => ({ shape, dtype: 'float32' });

export function trainedParameters(network: Network): ParameterSpec[] {
  return network.parameters.filter((parameter) => isTrained(parameter, network.spec));
}

/** One optimiser step on `pairs` pairs at once. */
export function stepComputation(network: Network, pairs: number, settings: ComputationSettings): Computation {
  return {
    name: `step-${pairs}`,
    training: true,
    inputs: new Map([
      ...batchInputs(network, 2 * pairs, settings),
      ...parameterInputs(network),
      ...momentInputs(network),
      ...numberInputs(),
    ]),
    build(k, inputs) {
      const { outputs, gradients } = lossAndGradients(k, network, pairs, settings, inputs);
      return new Map([...outputs, ...update(k, network, settings, inputs, gradients)]);
    },
  };
}

/** Adds the gradients of `pairs` pairs, a part of a step of `pairsPerStep`, to `sum/*`; without sums coming in where it is the `first` part. */
export function gradientsComputation(
  network: Network,
  pairs: number,
  pairsPerStep: number,
  first: boolean,
  settings: ComputationSettings,
): Computation {
  return {
    name: `gradients-${pairs}-of-${pairsPerStep}`,
    training: true,
    inputs: new Map([
      ...batchInputs(network, 2 * pairs, settings),
      ...parameterInputs(network),
      LOSS_SCALE,
      ...(first ? [] : sumInputs(network)),
    ]),
    build(k, inputs) {
      const { outputs, gradients } = lossAndGradients(k, network, pairsPerStep, settings, inputs);
      const total = ([name, gradient]: [string, Value]): [string, Value] => {
        const sum = `sum/${name}`;
        return [sum, first ? gradient : binary(k, 'AddV2', pick(inputs, sum), gradient)];
      };
      return new Map([...outputs, ...[...gradients].map(total)]);
    },
  };
}

/** Clips the accumulated gradients `sum/*` and moves the parameters. */
export function updateComputation(network: Network, settings: ComputationSettings): Computation {
  const trained = new Set(trainedParameters(network).map(({ name }) => name));
  const parameters = parameterInputs(network).filter(([name]) => trained.has(name));
  return {
    name: 'update',
    training: true,
    inputs: new Map([...parameters, ...momentInputs(network), ...sumInputs(network), ...numberInputs()]),
    build(k, inputs) {
      const gradients = new Map([...trained].map((name) => [name, pick(inputs, `sum/${name}`)]));
      return update(k, network, settings, inputs, gradients);
    },
  };
}

/** Embeddings and scores of `photos` photos. */
export function inferenceComputation(
  network: Network,
  photos: number,
  settings: Pick<ComputationSettings, 'crop' | 'precision'>,
): Computation {
  const { embedding, features, score } = network.outputs;
  return {
    name: `inference-${photos}`,
    training: false,
    inputs: new Map([['photos', float([photos, settings.crop, settings.crop, 3])], ...parameterInputs(network)]),
    build(k, inputs) {
      const run = forward(k, network, inputs, pick(inputs, 'photos'), { training: false, precision: settings.precision });
      return new Map([
        ['features', run.value(features)],
        ['embedding', run.value(embedding)],
        ['score', run.value(score)],
      ]);
    },
  };
}

type Inputs = [string, ValueSpec][];

/** What gradients are multiplied by on their way back, and divided by again before they are clipped: 1 but in float16. */
const LOSS_SCALE: Inputs[number] = ['lossScale', float([])];

function batchInputs(network: Network, photos: number, { crop }: ComputationSettings): Inputs {
  const scored: Inputs =
    network.outputs.regression === null
      ? []
      : [
          ['target', float([photos])],
          ['mask', float([photos])],
        ];
  return [['photos', float([photos, crop, crop, 3])], ...scored];
}

function parameterInputs(network: Network): Inputs {
  return [...layoutsOf(network)].map(([name, { shape }]) => [name, float(shape)]);
}

function prefixed(network: Network, prefix: string): Inputs {
  const layouts = layoutsOf(network);
  return trainedParameters(network).map(({ name }) => [`${prefix}/${name}`, float(pick(layouts, name).shape)]);
}

const momentInputs = (network: Network): Inputs => [...prefixed(network, 'm'), ...prefixed(network, 'v')];
const sumInputs = (network: Network): Inputs => prefixed(network, 'sum');
const numberInputs = (): Inputs => [...STEP_NUMBERS.map((name): Inputs[number] => [name, float([])]), LOSS_SCALE];

function lossAndGradients(
  k: Kernels,
  network: Network,
  pairsPerStep: number,
  settings: ComputationSettings,
  inputs: Values,
): { readonly outputs: Map<string, Value>; readonly gradients: Map<string, Value> } {
  const run = forward(k, network, inputs, pick(inputs, 'photos'), { training: true, precision: settings.precision });
  const score = run.value(network.outputs.score);
  const head = network.outputs.regression;
  const regression = head === null ? null : { prediction: run.value(head), target: pick(inputs, 'target'), mask: pick(inputs, 'mask') };
  const loss = pairLoss(k, score, regression, settings.loss, pairsPerStep);
  const scaled = (gradient: Value): Value => binary(k, 'Mul', gradient, pick(inputs, 'lossScale'));
  const seeds = new Map([[network.outputs.score, scaled(loss.score)]]);
  if (head !== null && loss.regression !== null) seeds.set(head, scaled(loss.regression));
  const outputs = new Map([...run.averages, ['loss', loss.total], ['right', loss.right]]);
  return { outputs, gradients: run.backward(seeds) };
}

function update(
  k: Kernels,
  network: Network,
  settings: ComputationSettings,
  inputs: Values,
  gradients: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const { norm, clip } = clipByGlobalNorm(k, gradients, settings.clip, pick(inputs, 'lossScale'));
  const numbers = { clip, keep: pick(inputs, 'keep'), stepSize: pick(inputs, 'stepSize'), correction: pick(inputs, 'correction') };
  const outputs = new Map([['norm', norm]]);
  for (const parameter of trainedParameters(network)) {
    const { name } = parameter;
    const state = { parameter: pick(inputs, name), m: pick(inputs, `m/${name}`), v: pick(inputs, `v/${name}`) };
    const decaying = decays(parameter, settings.optimizer);
    const moved = adamW(k, state, pick(gradients, name), numbers, { ...settings.optimizer, decaying });
    outputs.set(name, moved.parameter).set(`m/${name}`, moved.m).set(`v/${name}`, moved.v);
  }
  return outputs;
}
