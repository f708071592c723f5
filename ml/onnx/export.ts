/**
 * The trained network as an ONNX model, from the same node list that training runs: batch norm folded into convolutions, the
 * direction normalised, padding as attributes of the convolutions.
 *
 * Input `photos` [N, 3, crop, crop] float32, normalised; outputs `embedding` [N, E], `score` [N] in [-1, 1] and, with a regression
 * head, `mos` [N], the mean opinion score. N is free. Equal networks give equal bytes.
 */
import { Problem } from '../../configs/problem.js';
import { INPUT, type BatchNormNode, type ConvNode, type DenseNode, type Node } from '../network/network.js';
import { constant, node, value } from './build.js';
import { foldBatchNorm } from './fold.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from './messages.js';
import { paddingFor } from './padding.js';
import type { TrainedNetwork } from './trained.js';

export interface OnnxOptions {
  readonly opset: number;
  /** Height and width of the input, px. */
  readonly crop: number;
  /** Metadata properties that the model carries. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The least IR version that an operator set needs. Source: ONNX, docs/Versioning.md, table of released versions. */
const IR_OF_OPSET: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10 };

export const OUTPUT = { embedding: 'embedding', score: 'score', regression: 'mos' } as const;
const LEAST_LENGTH = 1e-12;

/** @throws RangeError for an operator set that is not written (17 to 22 are). */
export function exportNetwork(trained: TrainedNetwork, { opset, crop, metadata }: OnnxOptions): OnnxModel {
  const irVersion = IR_OF_OPSET[opset];
  if (irVersion === undefined) throw new RangeError(`operator set ${opset} is not written, only ${Object.keys(IR_OF_OPSET).join(', ')}`);
  const writer = new GraphWriter(trained, opset, crop);
  trained.network.nodes.forEach((each, index, all) => writer.write(each, all[index + 1]));
  const { embedding } = trained.network.spec;
  return {
    irVersion,
    producerName: 'emo-aen',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: opset }],
    metadataProps: Object.entries(metadata)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, text]) => ({ key, value: text })),
    graph: {
      name: trained.network.spec.backbone,
      node: writer.nodes,
      initializer: writer.constants,
      input: [value(INPUT, 'float32', ['N', 3, crop, crop])],
      output: [
        value(OUTPUT.embedding, 'float32', ['N', embedding]),
        value(OUTPUT.score, 'float32', ['N']),
        ...(trained.network.spec.regression ? [value(OUTPUT.regression, 'float32', ['N'])] : []),
      ],
    },
  };
}

class GraphWriter {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  /** Height (and width) of every value that is still an image. */
  private readonly side = new Map<string, number>();
  /** Values that another node already made: a batch norm's output is that of the convolution it was folded into. */
  private readonly alias = new Map<string, string>();

  constructor(
    private readonly trained: TrainedNetwork,
    private readonly opset: number,
    crop: number,
  ) {
    this.side.set(INPUT, crop);
  }

  /** Writes one node of the network; `next` is the one after it, where a convolution looks for its batch norm. */
  write(each: Node, next: Node | undefined): void {
    const input = this.named(each.input);
    const side = this.side.get(input);
    switch (each.op) {
      case 'conv':
        return this.conv(each, next?.op === 'batchNorm' && next.input === each.output ? next : null);
      case 'batchNorm':
        if (!this.alias.has(each.output)) throw new Error(`batch norm ${each.output} does not follow a convolution`);
        return;
      case 'relu':
        return this.push(node('Relu', [input], each.output), side);
      case 'hardSwish':
        return this.push(node('HardSwish', [input], each.output), side);
      case 'hardSigmoid':
        return this.push(node('HardSigmoid', [input], each.output, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }), side);
      case 'globalAverage':
        return this.push(node('GlobalAveragePool', [input], each.output), 1);
      case 'scale':
        return this.push(node('Mul', [input, this.named(each.by)], each.output), side);
      case 'add':
        return this.push(node('Add', [input, this.named(each.other)], each.output), side);
      case 'flatten':
        return this.push(node('Flatten', [input], each.output, { axis: 1 }));
      case 'dense':
        return this.dense(each, input);
      case 'l2Normalize':
        return this.normalize(input, each.output);
      case 'cosine':
        return this.push(node('MatMul', [input, this.constant('direction', this.direction(each.direction))], OUTPUT.score));
    }
  }

  private conv(each: ConvNode, norm: BatchNormNode | null): void {
    const input = this.named(each.input);
    const side = this.side.get(input);
    if (side === undefined) throw new Error(`${each.output}: ${input} is not an image`);
    const weight = this.parameter(each.weight);
    const bias = each.bias === null ? null : this.parameter(each.bias).data;
    const folded =
      norm === null
        ? { weight: weight.data, bias: bias ?? new Float32Array(each.outChannels) }
        : foldBatchNorm(weight, bias, this.normOf(norm), this.trained.network.spec.batchNorm.epsilon);
    insistOnFinite(each, folded);
    const padded = paddingFor(this.trained.network.spec.padding, side, each.kernel, each.stride);
    this.constants.push(constant(each.weight, weight.shape, folded.weight));
    this.push(
      node('Conv', [input, each.weight, this.constant(`${each.output}.bias`, folded.bias)], each.output, {
        kernel_shape: [each.kernel, each.kernel],
        strides: [each.stride, each.stride],
        pads: [padded.before, padded.before, padded.after, padded.after],
        group: each.groups,
      }),
      padded.size,
    );
    if (norm !== null) this.alias.set(norm.output, each.output);
  }

  private dense(each: DenseNode, input: string): void {
    const weight = this.parameter(each.weight);
    this.constants.push(constant(each.weight, weight.shape, weight.data));
    const inputs = [input, each.weight, this.constant(each.bias, this.parameter(each.bias).data)];
    if (each.output !== this.trained.network.outputs.regression) return this.push(node('Gemm', inputs, each.output, { transB: 1 }));
    this.push(node('Gemm', inputs, `${each.output}.column`, { transB: 1 }));
    this.constants.push(constantInts('regression.shape', [-1]));
    this.push(node('Reshape', [`${each.output}.column`, 'regression.shape'], OUTPUT.regression));
  }

  /** x / max(|x|, 1e-12): LpNormalization has no floor and would divide 0 by 0. */
  private normalize(input: string, output: string): void {
    const length = `${output}.length`;
    // Axes became an input with operator set 18.
    if (this.opset >= 18) {
      this.constants.push(constantInts(`${output}.axes`, [1]));
      this.push(node('ReduceL2', [input, `${output}.axes`], length, { keepdims: 1 }));
    } else this.push(node('ReduceL2', [input], length, { axes: [1], keepdims: 1 }));
    this.push(node('Max', [length, this.constant(`${output}.least`, Float32Array.of(LEAST_LENGTH))], `${output}.divisor`));
    this.push(node('Div', [input, `${output}.divisor`], output));
  }

  private direction(name: string): Float32Array {
    const { data } = this.parameter(name);
    const length = Math.max(Math.sqrt(data.reduce((sum, number) => sum + number * number, 0)), LEAST_LENGTH);
    return data.map((number) => number / length);
  }

  private normOf({ prefix }: BatchNormNode): Parameters<typeof foldBatchNorm>[2] {
    const of = (part: string): Float32Array => this.parameter(`${prefix}.${part}`).data;
    return { scale: of('weight'), shift: of('bias'), mean: of('running_mean'), variance: of('running_var') };
  }

  private parameter(name: string): { readonly shape: readonly number[]; readonly data: Float32Array } {
    const tensor = this.trained.parameters.get(name);
    if (tensor === undefined) throw new Error(`parameter ${name} is not there`);
    return tensor;
  }

  /** Adds a one-dimensional constant and gives back its name. */
  private constant(name: string, data: Float32Array): string {
    this.constants.push(constant(name, [data.length], data));
    return name;
  }

  private push(each: OnnxNode, side?: number): void {
    this.nodes.push(each);
    const [output] = each.output;
    if (side !== undefined && output !== undefined) this.side.set(output, side);
  }

  private named(name: string): string {
    return this.alias.get(name) ?? name;
  }
}

function constantInts(name: string, numbers: readonly number[]): OnnxTensor {
  return constant(name, [numbers.length], BigInt64Array.from(numbers, BigInt));
}

/** Sound parameters can still overflow when a batch norm is folded: a variance below zero, or a scale over almost no variance. */
function insistOnFinite(conv: ConvNode, { weight, bias }: { readonly weight: Float32Array; readonly bias: Float32Array }): void {
  const isOdd = (number: number): boolean => !Number.isFinite(number);
  const odd = weight.find(isOdd) ?? bias.find(isOdd);
  if (odd === undefined) return;
  throw new Problem({
    code: 'NUMERICS',
    message: `${conv.weight} with its batch norm folded in holds ${odd}: its scale or variance is beyond what float32 can hold`,
    where: 'best checkpoint',
    cure: 'train again with a lower learning rate, such as --set train.optimizer.lr=1e-4',
  });
}
