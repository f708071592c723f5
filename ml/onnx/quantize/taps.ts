/**
 * How the inputs of a layer's weights vary together. Each weight of an output channel reads one tap: for a dense layer a number of its input, for a
 * convolution a channel at one place of the kernel, padding included. The runtime gathers the taps (a convolution whose kernel is one at one
 * place gives one tap) and multiplies them, so that nothing here walks over activations.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { constant, node, value } from '../build.js';
import { encodeModel, type OnnxNode, type OnnxTensor } from '../messages.js';
import { floats } from '../session.js';
import { intOf } from './graph.js';
import type { Grid } from './ranges.js';

export interface Taps {
  /** Groups of the convolution, each with taps of its own; 1 for a dense layer. */
  readonly groups: number;
  /** Weights of an output channel. */
  readonly each: number;
}

export function tapsOf(layer: OnnxNode, weight: OnnxTensor): Taps {
  return {
    groups: layer.opType === 'Conv' ? intOf(layer, 'group', 1) : 1,
    each: weight.dims.slice(1).reduce((product, side) => product * side, 1),
  };
}

/** Sums over positions that grow batch by batch. */
export class CovarianceSums {
  private readonly products: Float64Array;
  private readonly sums: Float64Array;
  private count = 0;

  constructor(private readonly taps: Taps) {
    this.products = new Float64Array(taps.groups * taps.each * taps.each);
    this.sums = new Float64Array(taps.groups * taps.each);
  }

  /** @param steps the layer's quantised input, [N, C, H, W] or [N, C] */
  async add(session: InferenceSession, steps: Tensor): Promise<void> {
    const results = await session.run({ steps });
    this.count += Number(results['count']?.data[0]);
    grow(this.products, floats(results, 'products'));
    grow(this.sums, floats(results, 'sums'));
  }

  /**
   * [groups, taps, taps]. Few positions tell little of how taps vary together: covariances are drawn towards zero by
   * taps / (taps + positions), variances are left as they are (Ledoit and Wolf (2004) draw towards a diagonal in the same way).
   */
  covariances(): Float64Array {
    const { taps, sums, count } = this;
    const kept = count / (count + taps.each);
    return this.products.map((sum, at) => {
      const column = at % taps.each;
      const row = Math.floor(at / taps.each) % taps.each;
      const group = Math.floor(at / taps.each ** 2) * taps.each;
      const covariance = sum / count - ((sums[group + row] ?? NaN) * (sums[group + column] ?? NaN)) / count ** 2;
      return row === column ? covariance : kept * covariance;
    });
  }
}

function grow(sums: Float64Array, numbers: Float32Array): void {
  for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] as number) + (numbers[at] as number);
}

/** A model from a layer's `steps` to `products` [groups, taps, taps], `sums` [groups, taps] and `count`, the positions. */
export function tapsModel(layer: OnnxNode, weight: OnnxTensor, grid: Grid): Uint8Array {
  const { groups, each } = tapsOf(layer, weight);
  const [, perGroup = 0, ...kernel] = weight.dims;
  const channels = groups * perGroup;
  const convolution = layer.opType === 'Conv';
  const constants = [
    constant('scale', [], Float32Array.of(grid.scale)),
    constant('zero', [], Uint8Array.of(grid.zeroPoint)),
    constant('apart', [4], BigInt64Array.of(0n, BigInt(groups), BigInt(each), -1n)),
    constant('rows.shape', [3], BigInt64Array.of(BigInt(groups), BigInt(each), -1n)),
    constant('last', [1], BigInt64Array.of(2n)),
    ...(convolution ? [constant('ones', [groups * each, perGroup, ...kernel], onePlaceEach(groups, each))] : []),
  ];
  const nodes = [
    node('DequantizeLinear', ['steps', 'scale', 'zero'], 'input'),
    ...(convolution ? [{ ...node('Conv', ['input', 'ones'], 'taps'), attribute: layer.attribute }] : []),
    node('Reshape', [convolution ? 'taps' : 'input', 'apart'], 'apart.4d'),
    node('Transpose', ['apart.4d'], 'moved', { perm: [1, 2, 0, 3] }),
    node('Reshape', ['moved', 'rows.shape'], 'rows'),
    node('Transpose', ['rows'], 'columns', { perm: [0, 2, 1] }),
    node('MatMul', ['rows', 'columns'], 'products'),
    node('ReduceSum', ['rows', 'last'], 'sums', { keepdims: 0 }),
    node('Shape', ['rows'], 'count', { start: 2, end: 3 }),
  ];
  const free = convolution ? kernel.map((_, axis) => `side${axis}`) : [];
  return encodeModel({
    irVersion: 8,
    producerName: 'emo-aen',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: [],
    graph: {
      name: 'taps',
      node: nodes,
      initializer: constants,
      input: [value('steps', 'uint8', ['N', channels, ...free])],
      output: ['products', 'sums', 'count'].map((name) => ({ name })),
    },
  });
}

/** Kernels of which each is one at one place: the result of each is one tap. */
function onePlaceEach(groups: number, each: number): Float32Array {
  const ones = new Float32Array(groups * each * each);
  for (let tap = 0; tap < groups * each; tap++) ones[tap * each + (tap % each)] = 1;
  return ones;
}
