/**
 * Cross-layer equalisation: scales channels of activations so that one grid serves all of them, without changing what the network
 * computes. ReLU(s x) = s ReLU(x) for s > 0, so a factor that a layer's weights and bias put on a channel can be taken back by the weights that read it.
 * Source: Nagel et al. (2019), "Data-free quantization through weight equalization and bias correction", section 4.1. They equalise
 * weights whose grid is that of a whole layer; here weights have a grid for each output channel, and what gains are the activations: a channel
 * of small numbers gets finer steps. Where depthwise convolutions read them it costs nothing, since each channel has weights with a grid of
 * their own; elsewhere weights become less alike within an output channel, which costs less than it gains. What a dense layer reads is left as
 * it is (docs/quantisation.md).
 */
import { constant, floatsOf } from '../build.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../messages.js';
import { GraphIndex, intOf, operatorOf } from './graph.js';
import type { Shapes } from './shapes.js';

/** What is known of each channel of a value. */
export interface ChannelRanges {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** Operators whose result scales as their inputs do, all by the same factors, where all have the same channels. */
const LINEAR = new Set(['Relu', 'Add', 'GlobalAveragePool', 'AveragePool', 'MaxPool', 'Flatten']);
/** Factors stay within this of the middle one: a channel that is all but dead needs no resolution. */
const LARGEST_FACTOR = 1024;

export interface Equalized {
  readonly model: OnnxModel;
  /** As the scaled model has them. */
  readonly ranges: ReadonlyMap<string, ChannelRanges>;
}

/** Values that are scaled by the same factors. */
interface ScalableGroup {
  readonly values: readonly string[];
  /** Largest magnitude of each channel. */
  readonly reach: Float64Array;
}

/**
 * The same function with channels of its values scaled.
 * @param shapes of every value
 * @param ranges of every value that will be quantised
 * @param strength 0 leaves channels as they are, 1 gives all of a value the same range
 */
export function equalize(model: OnnxModel, shapes: Shapes, ranges: ReadonlyMap<string, ChannelRanges>, strength: number): Equalized {
  const index = new GraphIndex(model.graph);
  const factors = new Map<string, Float64Array>();
  for (const group of scalableGroups(model, index, shapes, ranges))
    for (const value of group.values) factors.set(value, factorsOf(group, strength));
  const constants = new Map<string, OnnxTensor>();
  for (const node of model.graph.node)
    if (isScalable(node, index)) for (const tensor of scaled(node, index, factors)) constants.set(tensor.name, tensor);
  const initializer = model.graph.initializer.map((tensor) => constants.get(tensor.name) ?? tensor);
  return {
    model: { ...model, graph: { ...model.graph, initializer } },
    ranges: new Map([...ranges].map(([name, range]) => [name, scaledRange(range, factors.get(name))])),
  };
}

function scaledRange({ min, max }: ChannelRanges, factors: Float64Array | undefined): ChannelRanges {
  const by = (numbers: Float64Array): Float64Array => numbers.map((number, channel) => number * (factors?.[channel] ?? 1));
  return { min: by(min), max: by(max) };
}

function scalableGroups(model: OnnxModel, index: GraphIndex, shapes: Shapes, ranges: ReadonlyMap<string, ChannelRanges>): ScalableGroup[] {
  const groups = new Groups();
  for (const { name } of [...model.graph.input, ...model.graph.output]) groups.fix(name);
  for (const node of model.graph.node) tie(node, index, shapes, groups);
  return groups.free().flatMap((values) => {
    const readers = model.graph.node.filter((node) => values.includes(node.input[0] ?? '') && isScalable(node, index));
    const known = values.flatMap((value) => ranges.get(value) ?? []);
    const [first] = known;
    if (first === undefined || readers.length === 0 || !readers.every(({ opType }) => opType === 'Conv')) return [];
    const reach = first.max.map((_, channel) =>
      Math.max(...known.map(({ min, max }) => Math.max(max[channel] ?? 0, -(min[channel] ?? 0)))),
    );
    return [{ values, reach }];
  });
}

function factorsOf({ reach }: ScalableGroup, strength: number): Float64Array {
  const logs = [...reach].filter((one) => one > 0).map(Math.log);
  const middle = Math.exp(logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length));
  return reach.map((one) => (one > 0 ? Math.min(LARGEST_FACTOR, Math.max(1 / LARGEST_FACTOR, (middle / one) ** strength)) : 1));
}

/** Says which values of a node must have the same factors, and which none. */
function tie(node: OnnxNode, index: GraphIndex, shapes: Shapes, groups: Groups): void {
  const values = [...node.input.filter((name) => name !== '' && !index.constants.has(name)), ...node.output];
  const constants = node.input.some((name) => index.constants.has(name));
  if (isScalable(node, index)) return;
  if (LINEAR.has(operatorOf(node)) && !constants && haveSameChannels(values, shapes))
    for (const value of values) groups.unite(values[0] ?? '', value);
  else for (const value of values) groups.fix(value);
}

/** An Add of 1 channel and 16 has one factor for the one and sixteen for the other; a Flatten may make channels of pixels. */
function haveSameChannels(values: readonly string[], shapes: Shapes): boolean {
  const known = values.filter((value) => value !== '').map((value) => shapes.get(value));
  const [first] = known;
  return known.every(
    (shape) =>
      shape !== undefined &&
      shape.dims.length >= 2 &&
      shape.byPhoto === first?.byPhoto &&
      [0, 1].every((axis) => shape.dims[axis] === first.dims[axis]),
  );
}

/** A convolution or dense layer whose weights no other node reads. */
function isScalable(node: OnnxNode, index: GraphIndex): boolean {
  const operator = operatorOf(node);
  if (operator !== 'Conv' && !(operator === 'Gemm' && intOf(node, 'transB', 0) === 1 && intOf(node, 'transA', 0) === 0)) return false;
  return (
    node.input.length === 3 &&
    [node.input[1], node.input[2]].every((name) => index.constants.has(name ?? '') && index.soleUser(name ?? '') === node)
  );
}

/** Values that are scaled together; `fixed` ones are not scaled. */
class Groups {
  private readonly parents = new Map<string, string>();
  private readonly fixed = new Set<string>();

  unite(a: string, b: string): void {
    this.parents.set(this.root(a), this.root(b));
  }

  fix(value: string): void {
    this.root(value);
    this.fixed.add(value);
  }

  free(): string[][] {
    const groups = new Map<string, string[]>();
    for (const value of this.parents.keys()) groups.set(this.root(value), [...(groups.get(this.root(value)) ?? []), value]);
    return [...groups.values()].filter((values) => values.every((value) => !this.fixed.has(value)));
  }

  private root(value: string): string {
    const parent = this.parents.get(value);
    if (parent === undefined) this.parents.set(value, value);
    return parent === undefined || parent === value ? value : this.root(parent);
  }
}

function layoutOf(
  node: OnnxNode,
  weight: OnnxTensor,
): { outputs: number; inputs: number; area: number; inputOf: (out: number, at: number) => number } {
  const [outputs = 0, inputs = 0] = weight.dims;
  const area = weight.dims.slice(2).reduce((product, side) => product * side, 1);
  const perGroup = outputs / (node.opType === 'Conv' ? intOf(node, 'group', 1) : 1);
  return { outputs, inputs, area, inputOf: (out, at) => Math.floor(out / perGroup) * inputs + at };
}

/** Weights and bias of a layer that reads and gives scaled values. */
function scaled(node: OnnxNode, index: GraphIndex, factors: ReadonlyMap<string, Float64Array>): OnnxTensor[] {
  const [input = '', weightName = '', biasName = ''] = node.input;
  const before = factors.get(input);
  const after = factors.get(node.output[0] ?? '');
  const [weight, bias] = [index.constants.get(weightName), index.constants.get(biasName)];
  if (weight === undefined || bias === undefined || (before === undefined && after === undefined)) return [];
  const { inputs, area, inputOf } = layoutOf(node, weight);
  const numbers = floatsOf(weight).map((number, at) => {
    const out = Math.floor(at / (inputs * area));
    return (number * (after?.[out] ?? 1)) / (before?.[inputOf(out, Math.floor(at / area) % inputs)] ?? 1);
  });
  return [
    constant(weightName, weight.dims, numbers),
    constant(
      biasName,
      bias.dims,
      floatsOf(bias).map((number, out) => number * (after?.[out] ?? 1)),
    ),
  ];
}
