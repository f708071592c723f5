/**
 * How others name MobileNetV3's parameters, as tables. Our own names are torchvision's (`ml/network/network.ts`), and blocks are counted
 * as it does: `features.0` is the stem, then comes each bottleneck of the paper's table, then the last convolution.
 */
import type { BackboneName } from '../../configs/schema/backbones.js';
import { BACKBONES, partsOf, type Part } from '../network/table.js';

/** What one of their tensors is: a parameter by our name, with its axes in our order; what a backbone has no use for; or nothing we know. */
export type Meaning =
  | { readonly kind: 'parameter'; readonly name: string; readonly axes: readonly number[] | null }
  | { readonly kind: 'classifier' }
  | { readonly kind: 'optimizer' }
  | { readonly kind: 'unknown' };

/** The meaning of each of `names` in `backbone`. */
export type NameMap = (names: Iterable<string>, backbone: BackboneName) => Map<string, Meaning>;

const CLASSIFIER: Meaning = { kind: 'classifier' };
const OPTIMIZER: Meaning = { kind: 'optimizer' };
const UNKNOWN: Meaning = { kind: 'unknown' };
const parameter = (name: string, axes: readonly number[] | null = null): Meaning => ({ kind: 'parameter', name, axes });

/** The parts of a bottleneck, counted from 0; null where there is none of this number. */
function partsOfBlock(backbone: BackboneName, block: number): Part[] | null {
  const { stem, bottlenecks } = BACKBONES[backbone];
  const row = bottlenecks[block];
  return row === undefined ? null : partsOf(row, bottlenecks[block - 1]?.out ?? stem.out);
}

/** Pairs of `names`' word for a layer and our name of it. A part has two layers: convolution and norm, or the two convolutions of a squeeze. */
function layersOf(parts: readonly Part[], names: (part: Part, convolutions: number) => readonly [string, string]): [string, string][] {
  let convolutions = 0;
  return parts.flatMap((part, at) => {
    if (part !== 'squeeze') convolutions += 1;
    const [first, second] = names(part, convolutions);
    const ours = part === 'squeeze' ? (['fc1', 'fc2'] as const) : (['0', '1'] as const);
    return [
      [first, `block.${at}.${ours[0]}`],
      [second, `block.${at}.${ours[1]}`],
    ];
  });
}

export const fromTorchvision: NameMap = (names) =>
  new Map([...names].map((name) => [name, name.startsWith('classifier.') ? CLASSIFIER : parameter(name)]));

const TIMM_STEM: Readonly<Record<string, string>> = { conv_stem: 'features.0.0', bn1: 'features.0.1' };
const TIMM_LAST: Readonly<Record<string, string>> = { conv: '0', bn1: '1' };
const TIMM_CLASSIFIER = /^(classifier|conv_head)\./;

/** A stage of timm holds the blocks that have equally many channels; the first block of each, counted through. The last convolution is a stage too. */
function timmStages(backbone: BackboneName): number[] {
  const { bottlenecks } = BACKBONES[backbone];
  return [...bottlenecks.flatMap(({ out }, block) => (out === bottlenecks[block - 1]?.out ? [] : [block])), bottlenecks.length];
}

function timmParts(parts: readonly Part[]): Readonly<Record<string, string>> {
  const project = parts.includes('expand') ? 'conv_pwl' : 'conv_pw';
  const convolution = { expand: 'conv_pw', depthwise: 'conv_dw', project };
  return Object.fromEntries(
    layersOf(parts, (part, count) => (part === 'squeeze' ? ['se.conv_reduce', 'se.conv_expand'] : [convolution[part], `bn${count}`])),
  );
}

/** timm's `mobilenetv3_{large,small}_100`, `tf_mobilenetv3_{large,small}_100` and `tf_mobilenetv3_large_minimal_100`. */
export const fromTimm: NameMap = (names, backbone) => new Map([...names].map((name) => [name, timmMeaning(name, backbone)]));

function timmMeaning(name: string, backbone: BackboneName): Meaning {
  if (TIMM_CLASSIFIER.test(name)) return CLASSIFIER;
  const field = name.slice(name.lastIndexOf('.') + 1);
  const layer = name.slice(0, -field.length - 1);
  const stem = TIMM_STEM[layer];
  if (stem !== undefined) return parameter(`${stem}.${field}`);
  const [, stage, within, part] = /^blocks\.(\d+)\.(\d+)\.(.+)$/.exec(layer) ?? [];
  const first = timmStages(backbone)[Number(stage)];
  if (first === undefined || part === undefined) return UNKNOWN;
  const block = first + Number(within);
  const parts = partsOfBlock(backbone, block);
  const ours = (parts === null ? TIMM_LAST : timmParts(parts))[part];
  return ours === undefined ? UNKNOWN : parameter(`features.${block + 1}.${ours}.${field}`);
}

const KERAS_CLASSIFIER = ['conv_2', 'logits'];
const KERAS_OPTIMIZER = /^\/?optimizer(_weights)?\//;

/** Whether a path in Keras' HDF5 is that of an optimiser's state. */
export function isOptimizerState(path: string): boolean {
  return KERAS_OPTIMIZER.test(path);
}
const kerasParts = (parts: readonly Part[]): [string, string][] =>
  layersOf(parts, (part) => (part === 'squeeze' ? ['squeeze_excite_conv', 'squeeze_excite_conv_1'] : [part, `${part}_bn`]));
const KERAS_FIELDS: Readonly<Record<string, string>> = {
  kernel: 'weight',
  depthwise_kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};
/** The variables of a layer in Keras 3's numbers. */
const KERAS_NUMBERED = { convolution: ['kernel', 'bias'], norm: ['gamma', 'beta', 'moving_mean', 'moving_variance'] };
/** From Keras' [height, width, in, out], and a depthwise kernel's [height, width, channels, 1]. */
const KERAS_AXES = { convolution: [3, 2, 0, 1], depthwise: [2, 3, 0, 1] };

/**
 * `keras.applications.MobileNetV3Large` and `MobileNetV3Small`, plain and minimalistic, in each layout that its weights are found in: Keras 2's and 3's `.h5` by name
 * (`Conv/BatchNorm/Conv/BatchNorm/gamma:0`, `conv_bn/conv_bn/gamma`), also of a whole model; Keras 3's `.weights.h5` by layer and number
 * (`conv_bn/0`); and the same of Keras 2.12 to 3.5, which numbers the layers of a class instead of naming them
 * (`layers/batch_normalization/vars/0`).
 */
export const fromKeras: NameMap = (names, backbone) => {
  const layers = kerasLayers(backbone);
  return new Map([...names].map((name) => [name, kerasMeaning(name, layers)]));
};

interface KerasLayer {
  readonly name: string;
  /** Null: a classifier's. */
  readonly ours: string | null;
}

/** In the order in which Keras builds them. */
function kerasLayers(backbone: BackboneName): KerasLayer[] {
  const { bottlenecks } = BACKBONES[backbone];
  const unit = (name: string, features: number): KerasLayer[] => [
    { name, ours: `features.${features}.0` },
    { name: `${name}_bn`, ours: `features.${features}.1` },
  ];
  const blocks = bottlenecks.flatMap((_, block) =>
    kerasParts(partsOfBlock(backbone, block) ?? []).map(([part, ours]) => ({
      name: `expanded_conv_${block === 0 ? '' : `${block}_`}${part}`,
      ours: `features.${block + 1}.${ours}`,
    })),
  );
  const classifier = KERAS_CLASSIFIER.map((name) => ({ name, ours: null }));
  return [...unit('conv', 0), ...blocks, ...unit('conv_1', bottlenecks.length + 1), ...classifier];
}

function kerasMeaning(name: string, layers: readonly KerasLayer[]): Meaning {
  if (isOptimizerState(name)) return OPTIMIZER;
  const { layer, variable } = kerasNumbered(name, layers) ?? kerasNamed(name, layers);
  if (layer === undefined) return UNKNOWN;
  if (layer.ours === null) return CLASSIFIER;
  const ofClass = classOf(layer);
  const numbered = KERAS_NUMBERED[ofClass === 'batch_normalization' ? 'norm' : 'convolution'];
  const field = KERAS_FIELDS[/^\d+$/.test(variable) ? (numbered[Number(variable)] ?? '') : variable];
  if (field === undefined) return UNKNOWN;
  const isKernel = field === 'weight' && ofClass !== 'batch_normalization';
  return parameter(`${layer.ours}.${field}`, isKernel ? KERAS_AXES[ofClass === 'conv2d' ? 'convolution' : 'depthwise'] : null);
}

interface KerasPlace {
  readonly layer: KerasLayer | undefined;
  readonly variable: string;
}

function kerasNumbered(name: string, layers: readonly KerasLayer[]): KerasPlace | null {
  const [, ofClass, number, variable] =
    /(?:^|\/)layers\/(conv2d|depthwise_conv2d|batch_normalization)(?:_(\d+))?\/vars\/(\d+)$/.exec(name) ?? [];
  if (ofClass === undefined || variable === undefined) return null;
  return { layer: layers.filter((layer) => classOf(layer) === ofClass)[Number(number ?? 0)], variable };
}

function classOf({ name }: KerasLayer): 'conv2d' | 'depthwise_conv2d' | 'batch_normalization' {
  if (name.endsWith('_bn')) return 'batch_normalization';
  return name.endsWith('_depthwise') ? 'depthwise_conv2d' : 'conv2d';
}

/** A layer's group holds its variables by name, which begins with the layer's again; a layer's name may have slashes: the longest that is one counts. */
function kerasNamed(name: string, layers: readonly KerasLayer[]): KerasPlace {
  const parts = name.replace(/:0$/, '').split('/');
  const variable = parts.pop() ?? '';
  const candidates = parts.map((_, start) =>
    parts
      .slice(start)
      .join('_')
      .toLowerCase()
      .replace(/batchnorm$/, 'bn'),
  );
  const layer = candidates.flatMap((candidate) => layers.filter((known) => known.name === candidate))[0];
  return { layer, variable };
}
