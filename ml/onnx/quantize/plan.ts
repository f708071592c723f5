/**
 * Which nodes compute in integers and which values are quantised. Everything follows from operator types, so that any network of
 * convolutions and dense layers can be quantised; what is not known stays in float and is named.
 */
import { ELEMENT, type OnnxModel, type OnnxNode } from '../messages.js';
import { floatsOf } from '../build.js';
import { GraphIndex, operatorOf } from './graph.js';

/**
 * `free`: by its own values. `hardSwish`: the value goes through HardSwish and nowhere else; its grid begins at -3 (see ranges.ts).
 * `same`: numbers of the value that it is made of, moved or picked (Flatten, MaxPool, Split).
 */
export type GridKind = 'free' | 'hardSwish' | 'same';

export interface QuantizationPlan {
  /** Nodes with integer weights: Conv, and Gemm, whose result stays in float. */
  readonly weighted: readonly OnnxNode[];
  /** Every node that reads quantised values and computes in integers; the weighted ones among them. */
  readonly integer: ReadonlySet<OnnxNode>;
  /** Activations that disappear: the quantiser behind them saturates where they would clip. By the value they read. */
  readonly absorbed: ReadonlyMap<string, OnnxNode>;
  /** Values that are quantised, and how. */
  readonly grids: ReadonlyMap<string, GridKind>;
  /** Nodes that stay in float. */
  readonly float: readonly OnnxNode[];
}

/** Operators that take and give integers when all that they read is quantised, besides those with weights. */
const FOLLOWING = new Set(['Add', 'Mul', 'GlobalAveragePool', 'AveragePool', 'Concat', 'Sigmoid', 'LeakyRelu']);
/** Operators that give numbers of their first input as they are, so that its grid serves; their other inputs are constants. */
const MOVING = new Set(['Flatten', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Slice', 'Split', 'MaxPool']);

/** @param model after prepareModel */
export function planQuantization(model: OnnxModel): QuantizationPlan {
  const index = new GraphIndex(model.graph);
  const weighted: OnnxNode[] = [];
  const integer = new Set<OnnxNode>();
  const absorbed = new Map<string, OnnxNode>();
  const grids = new Map<string, GridKind>();
  const float: OnnxNode[] = [];

  /** A result of the node is quantised, behind the activation that it can absorb; unless the graph gives it out as it is. */
  const quantizeResult = (node: OnnxNode, output = node.output[0] ?? ''): void => {
    const user = index.soleUser(output);
    // A moved value has the grid of what it was moved from, which would not cut where a clip behind it does.
    const clips = user !== undefined && !MOVING.has(operatorOf(node)) && saturates(user, index) && !index.isOutput(user.output[0] ?? '');
    if (clips) absorbed.set(output, user);
    const value = clips ? (user.output[0] ?? '') : output;
    if (!index.isOutput(value)) grids.set(value, kindOf(node, index.soleUser(value)));
  };

  const gone = new Set<OnnxNode>();
  for (const node of model.graph.node) {
    const [input = ''] = node.input;
    if (gone.has(node)) continue;
    if (isWeighted(node, index)) {
      if (!grids.has(input)) grids.set(input, 'free');
      weighted.push(node);
      integer.add(node);
      if (operatorOf(node) === 'Conv') quantizeResult(node);
    } else if (operatorOf(node) === 'HardSwish' ? grids.get(input) === 'hardSwish' : follows(node, grids, index)) {
      integer.add(node);
      for (const output of node.output) quantizeResult(node, output);
    } else float.push(node);
    const clip = absorbed.get(node.output[0] ?? '');
    if (clip !== undefined) gone.add(clip);
  }
  return { weighted, integer, absorbed, grids, float };
}

function kindOf(node: OnnxNode, user: OnnxNode | undefined): GridKind {
  if (MOVING.has(operatorOf(node))) return 'same';
  return user !== undefined && operatorOf(user) === 'HardSwish' ? 'hardSwish' : 'free';
}

function isWeighted(node: OnnxNode, index: GraphIndex): boolean {
  const operator = operatorOf(node);
  if ((operator !== 'Conv' && operator !== 'Gemm') || index.constants.has(node.input[0] ?? '')) return false;
  const constants = [node.input[1], node.input[2]].map((name) => index.constants.get(name ?? ''));
  if (constants.some((tensor) => tensor?.dataType !== ELEMENT.float32)) return false;
  return operator === 'Conv' || isPlainGemm(node, index);
}

/** x W^T + b with a quantised x: what is left of Gemm's alpha, beta and transA is not met in networks for inference. */
function isPlainGemm(node: OnnxNode, index: GraphIndex): boolean {
  const plain = node.attribute.every(({ name, i, f }) => (name === 'transB' ? i === 1 : name === 'transA' ? (i ?? 0) === 0 : f === 1));
  return plain && node.attribute.some(({ name }) => name === 'transB') && comesFromIntegers(node.input[0] ?? '', index);
}

/** A dense layer is worth quantising behind a convolutional network, not on values that float code made (a normalised embedding). */
function comesFromIntegers(value: string, index: GraphIndex): boolean {
  for (let node = index.maker(value); node !== undefined; node = index.maker(node.input[0] ?? '')) {
    const operator = operatorOf(node);
    if (operator === 'Conv') return true;
    if (!FOLLOWING.has(operator) && !MOVING.has(operator) && !['Relu', 'Clip', 'HardSwish'].includes(operator)) return false;
  }
  return false;
}

function follows(node: OnnxNode, grids: ReadonlyMap<string, GridKind>, index: GraphIndex): boolean {
  const quantized = (input: string): boolean => grids.has(input) && grids.get(input) !== 'hardSwish';
  const [first = '', ...rest] = node.input;
  if (MOVING.has(operatorOf(node)))
    return hasPlainResults(node) && quantized(first) && rest.every((input) => input === '' || index.constants.has(input));
  return FOLLOWING.has(operatorOf(node)) && node.input.every(quantized);
}

/** Split gives parts; the second result of any other mover is no number of what it reads (indices of MaxPool). */
function hasPlainResults(node: OnnxNode): boolean {
  return node.output.length === 1 || operatorOf(node) === 'Split';
}

/**
 * Whether a quantiser whose range is what comes out of the node does what the node does: Relu, or Clip whose limits have zero between them,
 * since every grid holds zero.
 */
function saturates(node: OnnxNode, index: GraphIndex): boolean {
  if (operatorOf(node) === 'Relu') return true;
  if (operatorOf(node) !== 'Clip') return false;
  const [, least = '', most = ''] = node.input;
  return limitOf(least, -Infinity, index) <= 0 && limitOf(most, Infinity, index) >= 0;
}

/** A Clip's limit; NaN where it is no constant. */
function limitOf(name: string, without: number, index: GraphIndex): number {
  if (name === '') return without;
  const tensor = index.constants.get(name);
  return tensor?.dataType === ELEMENT.float32 ? (floatsOf(tensor)[0] ?? NaN) : NaN;
}
