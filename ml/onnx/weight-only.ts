/**
 * The same network with its weights stored as int8: a quarter of the bytes to download, and the speed of float32, where integer kernels
 * are slower than float ones (in browsers 1.4 to 1.6 times, measured). Only the file is smaller: activations, biases and all arithmetic
 * stay float32, so no photos are needed to make it.
 *
 * Every weight of a convolution or dense layer is int8 times one float32 scale per output channel, symmetric, and reaches its node through
 * Cast and Mul: runtimes compute both once, when they load the model. DequantizeLinear would say the same in one node, but onnxruntime
 * keeps those for integer kernels and, where there is none, computes them for every photo: twice the time (measured).
 */
import { constant, floatsOf, node } from './build.js';
import { ELEMENT, type OnnxModel, type OnnxNode, type OnnxTensor } from './messages.js';

const STEPS = 127;
/**
 * Channels of fewer weights stay float32: those of depthwise convolutions and of the first one. They are 2 % of the bytes and would bring
 * half of the error.
 */
const LEAST_PER_CHANNEL = 32;

/** How one weight was stored, for a report. */
export interface StoredWeight {
  readonly weight: string;
  /** Sum of squared errors over sum of squared weights. */
  readonly error: number;
}

export interface WeightOnly {
  readonly model: OnnxModel;
  readonly weights: readonly StoredWeight[];
}

interface Stored {
  readonly constants: readonly OnnxTensor[];
  /** What makes the float weight again, under its own name: no reader of it changes. */
  readonly nodes: readonly OnnxNode[];
  readonly report: StoredWeight;
}

/** Weights that are no float32 constants inside the model stay as they are. Equal models give equal bytes. */
export function storeWeightsAsInt8(model: OnnxModel): WeightOnly {
  const { graph } = model;
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const stored = new Map<string, Stored>();
  for (const each of graph.node) {
    const weight = constants.get(each.input[1] ?? '');
    if (weight === undefined || !countsChannelsFirst(each) || stored.has(weight.name)) continue;
    if (weight.dataType === ELEMENT.float32 && weight.dataLocation !== 1 && perChannelOf(weight) >= LEAST_PER_CHANNEL)
      stored.set(weight.name, store(weight));
  }
  const all = [...stored.values()];
  return {
    model: {
      ...model,
      graph: {
        ...graph,
        node: [...all.flatMap(({ nodes }) => nodes), ...graph.node],
        initializer: graph.initializer.flatMap((tensor) => stored.get(tensor.name)?.constants ?? [tensor]),
      },
    },
    weights: all.map(({ report }) => report),
  };
}

/** Whether the first axis of the node's weights counts its output channels. */
function countsChannelsFirst({ opType, attribute }: OnnxNode): boolean {
  return opType === 'Conv' || (opType === 'Gemm' && attribute.some(({ name, i }) => name === 'transB' && i === 1));
}

function perChannelOf({ dims }: OnnxTensor): number {
  return dims.slice(1).reduce((product, side) => product * side, 1);
}

function store(weight: OnnxTensor): Stored {
  const numbers = floatsOf(weight);
  const perChannel = perChannelOf(weight);
  const channels = numbers.length / perChannel;
  const steps = new Int8Array(numbers.length);
  const scales = new Float32Array(channels);
  let error = 0;
  let square = 0;
  for (let channel = 0; channel < channels; channel++) {
    const own = numbers.subarray(channel * perChannel, (channel + 1) * perChannel);
    const scale = scaleFor(own);
    scales[channel] = scale;
    for (let at = 0; at < own.length; at++) {
      const number = own[at] as number;
      const step = toStep(number, scale);
      steps[channel * perChannel + at] = step;
      error += (number - step * scale) ** 2;
      square += number ** 2;
    }
  }
  const [int8, scale, float] = [`${weight.name}/int8`, `${weight.name}/scale`, `${weight.name}/float`];
  return {
    constants: [constant(int8, weight.dims, steps), constant(scale, [channels, ...weight.dims.slice(1).map(() => 1)], scales)],
    nodes: [node('Cast', [int8], float, { to: ELEMENT.float32 }), node('Mul', [float, scale], weight.name)],
    report: { weight: weight.name, error: square === 0 ? 0 : error / square },
  };
}

/** What one step of int8 stands for. A channel of zeros, or of numbers too small for a scale, gets 1 and becomes zeros. */
function scaleFor(numbers: Float32Array): number {
  let largest = 0;
  for (const number of numbers) largest = Math.max(largest, Math.abs(number));
  return Math.fround(largest / STEPS) || 1;
}

function toStep(number: number, scale: number): number {
  return Math.max(-STEPS, Math.min(STEPS, Math.round(number / scale)));
}
