/**
 * The whole network as a list of nodes, described once and read by everything that needs it: the tfjs engine runs it,
 * the ONNX writer writes it, the initialiser and the parameter table walk its parameters.
 *
 * Parameter names and layouts are torchvision's (`features.4.block.2.fc1.weight`, convolutions as OIHW, dense as [out, in]),
 * so that a checkpoint loads in PyTorch as it is. Ours are `head.*`, `direction` and `regression.*`.
 */
import type { TrainSettings } from '../../configs/schema/train.js';
import { BACKBONES, partsOf, type Activation } from './table.js';

type ModelSettings = TrainSettings['model'];
export type Padding = Exclude<ModelSettings['padding'], 'auto'>;

/** What decides the network's shape and numbers, nothing left open; stored in every checkpoint's metadata under `network`. */
export type NetworkSpec = Pick<ModelSettings, 'backbone' | 'embedding'> & {
  readonly padding: Padding;
  readonly batchNorm: Omit<ModelSettings['batchNorm'], 'epsilon'> & { readonly epsilon: number };
  readonly regression: boolean;
};

/** Initialisation and treatment by the optimiser follow from the kind: `running` averages are not trained, `weight`s decay. */
export type ParameterKind = 'weight' | 'bias' | 'scale' | 'shift' | 'runningMean' | 'runningVariance' | 'direction';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
}

/** Values are named by the node that makes them; `photos` is the input, [N, crop, crop, 3] normalised. */
interface NodeBase {
  readonly output: string;
  readonly input: string;
}
/** `channels` in and out; depthwise where `groups` equals `inChannels` (then weight is [C, 1, k, k]); `bias` null where batch norm follows. */
export interface ConvNode extends NodeBase {
  readonly op: 'conv';
  readonly weight: string;
  readonly bias: string | null;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly groups: number;
}
/** Parameters `${prefix}.weight`, `.bias`, `.running_mean`, `.running_var`, each [channels]. */
export interface BatchNormNode extends NodeBase {
  readonly op: 'batchNorm';
  readonly prefix: string;
  readonly channels: number;
}
export interface PointwiseNode extends NodeBase {
  readonly op: 'relu' | 'hardSwish' | 'hardSigmoid';
}
/** [N, H, W, C] -> [N, 1, 1, C]. */
export interface PoolNode extends NodeBase {
  readonly op: 'globalAverage';
}
/** `input` * `by`, where `by` is [N, 1, 1, C]. */
export interface ScaleNode extends NodeBase {
  readonly op: 'scale';
  readonly by: string;
}
export interface AddNode extends NodeBase {
  readonly op: 'add';
  readonly other: string;
}
/** [N, 1, 1, C] -> [N, C]. */
export interface FlattenNode extends NodeBase {
  readonly op: 'flatten';
}
/** x W^T + b, weight [out, in]. */
export interface DenseNode extends NodeBase {
  readonly op: 'dense';
  readonly weight: string;
  readonly bias: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
}
/** Rows scaled to Euclidean length 1 (length at least 1e-12). */
export interface NormalizeNode extends NodeBase {
  readonly op: 'l2Normalize';
}
/** Cosine between each row (already of length 1) and `direction` [embedding]: [N, E] -> [N]. */
export interface CosineNode extends NodeBase {
  readonly op: 'cosine';
  readonly direction: string;
}
export type Node =
  ConvNode | BatchNormNode | PointwiseNode | PoolNode | ScaleNode | AddNode | FlattenNode | DenseNode | NormalizeNode | CosineNode;

export interface Network {
  readonly spec: NetworkSpec;
  /** In an order in which every value is made before it is used. */
  readonly nodes: readonly Node[];
  readonly parameters: readonly ParameterSpec[];
  /** Names of the values: `features` [N, F], F being the backbone's (960 for Large), `embedding` [N, E], `score` [N], `regression` [N, 1] or null. */
  readonly outputs: { readonly features: string; readonly embedding: string; readonly score: string; readonly regression: string | null };
}

export const INPUT = 'photos';

/** Rounds to a multiple of 8, never losing more than a tenth (torchvision's and the paper authors' `make_divisible`). */
export function makeDivisible(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** The network of `spec`, method §4: backbone, 512-d head, L2 normalisation, score by a learned direction, optional regression. */
export function describeNetwork(spec: NetworkSpec): Network {
  const backbone = BACKBONES[spec.backbone];
  const folded = spec.batchNorm.mode === 'folded';
  const nodes: Node[] = [];
  const parameters: ParameterSpec[] = [];
  let value = INPUT;
  let channels = 3;

  const push = (node: Node): void => {
    nodes.push(node);
    value = node.output;
  };
  const parameter = (name: string, shape: readonly number[], kind: ParameterKind): string => {
    parameters.push({ name, shape, kind });
    return name;
  };
  const conv = (prefix: string, outChannels: number, kernel: number, stride: number, groups: number, bias: boolean): void => {
    const weight = parameter(`${prefix}.weight`, [outChannels, channels / groups, kernel, kernel], 'weight');
    push({
      op: 'conv',
      input: value,
      output: prefix,
      weight,
      bias: bias ? parameter(`${prefix}.bias`, [outChannels], 'bias') : null,
      inChannels: channels,
      outChannels,
      kernel,
      stride,
      groups,
    });
    channels = outChannels;
  };
  /** Convolution, batch norm (or the bias that it was folded into), activation: one `Conv2dNormActivation` of torchvision. */
  const unit = (
    prefix: string,
    outChannels: number,
    kernel: number,
    stride: number,
    groups: number,
    activation: Activation | null,
  ): void => {
    conv(`${prefix}.0`, outChannels, kernel, stride, groups, folded);
    if (!folded) {
      parameter(`${prefix}.1.weight`, [channels], 'scale');
      parameter(`${prefix}.1.bias`, [channels], 'shift');
      parameter(`${prefix}.1.running_mean`, [channels], 'runningMean');
      parameter(`${prefix}.1.running_var`, [channels], 'runningVariance');
      push({ op: 'batchNorm', input: value, output: `${prefix}.1`, prefix: `${prefix}.1`, channels });
    }
    if (activation !== null) push({ op: activation, input: value, output: `${prefix}.2` });
  };
  /** Squeeze-and-excite: squeeze to a quarter, ReLU, excite, hard sigmoid, scale. */
  const squeezeExcite = (prefix: string): void => {
    const scaled = value;
    const full = channels;
    push({ op: 'globalAverage', input: value, output: `${prefix}.avgpool` });
    conv(`${prefix}.fc1`, makeDivisible(Math.floor(full / 4)), 1, 1, 1, true);
    push({ op: 'relu', input: value, output: `${prefix}.activation` });
    conv(`${prefix}.fc2`, full, 1, 1, 1, true);
    push({ op: 'hardSigmoid', input: value, output: `${prefix}.scale_activation` });
    push({ op: 'scale', input: scaled, by: value, output: `${prefix}.scale` });
  };

  unit('features.0', backbone.stem.out, 3, 2, 1, backbone.stem.activation);
  backbone.bottlenecks.forEach((row, index) => {
    const block = `features.${index + 1}.block`;
    const before = value;
    const inChannels = channels;
    partsOf(row, inChannels).forEach((part, at) => {
      const prefix = `${block}.${at}`;
      if (part === 'expand') unit(prefix, row.expanded, 1, 1, 1, row.activation);
      if (part === 'depthwise') unit(prefix, row.expanded, row.kernel, row.stride, row.expanded, row.activation);
      if (part === 'squeeze') squeezeExcite(prefix);
      if (part === 'project') unit(prefix, row.out, 1, 1, 1, null);
    });
    if (row.stride === 1 && inChannels === row.out) push({ op: 'add', input: value, other: before, output: `features.${index + 1}` });
  });
  unit(`features.${backbone.bottlenecks.length + 1}`, backbone.features.out, 1, 1, 1, backbone.features.activation);
  push({ op: 'globalAverage', input: value, output: 'avgpool' });
  push({ op: 'flatten', input: value, output: 'features' });

  const dense = (prefix: string, input: string, inFeatures: number, outFeatures: number): void => {
    const weight = parameter(`${prefix}.weight`, [outFeatures, inFeatures], 'weight');
    push({ op: 'dense', input, output: prefix, weight, bias: parameter(`${prefix}.bias`, [outFeatures], 'bias'), inFeatures, outFeatures });
  };
  dense('head', 'features', channels, spec.embedding);
  push({ op: 'l2Normalize', input: value, output: 'embedding' });
  push({ op: 'cosine', input: 'embedding', output: 'score', direction: parameter('direction', [spec.embedding], 'direction') });
  if (spec.regression) dense('regression', 'embedding', spec.embedding, 1);

  return {
    spec,
    nodes,
    parameters,
    outputs: { features: 'features', embedding: 'embedding', score: 'score', regression: spec.regression ? 'regression' : null },
  };
}

/** Whether the optimiser moves the parameter. */
export function isTrained(parameter: ParameterSpec, spec: NetworkSpec): boolean {
  if (parameter.kind === 'runningMean' || parameter.kind === 'runningVariance') return false;
  return !(spec.batchNorm.mode === 'frozen' && (parameter.kind === 'scale' || parameter.kind === 'shift'));
}
