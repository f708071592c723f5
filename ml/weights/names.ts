/**
 * How others name MobileNetV3-Large's parameters, as tables. Our own names are torchvision's (`ml/network/network.ts`), and blocks are
 * counted as it does: `features.0` is the stem, `features.16` the last convolution, each bottleneck of the paper's table between them.
 */
import { BACKBONES, type BackboneName } from '../network/table.js';

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

/** Which parts a block has. */
type BlockKind = 'separable' | 'inverted' | 'squeezed';

function kindOf(backbone: BackboneName, block: number): BlockKind | null {
  const { stem, bottlenecks } = BACKBONES[backbone];
  const row = bottlenecks[block];
  if (row === undefined) return null;
  if (row.squeeze) return 'squeezed';
  return row.expanded === (bottlenecks[block - 1]?.out ?? stem.out) ? 'separable' : 'inverted';
}

export const fromTorchvision: NameMap = (names) =>
  new Map([...names].map((name) => [name, name.startsWith('classifier.') ? CLASSIFIER : parameter(name)]));

/** timm's stages hold several blocks; the first block of each stage, counted through. The last stage is the last convolution. */
const TIMM_STAGES = [0, 1, 3, 6, 10, 12, 15];
const TIMM_STEM: Readonly<Record<string, string>> = { conv_stem: 'features.0.0', bn1: 'features.0.1' };
const TIMM_LAST: Readonly<Record<string, string>> = { conv: '0', bn1: '1' };
const TIMM_CLASSIFIER = /^(classifier|conv_head)\./;
// prettier-ignore
const TIMM_PARTS: Readonly<Record<BlockKind, Readonly<Record<string, string>>>> = {
  separable: { conv_dw: 'block.0.0', bn1: 'block.0.1', conv_pw: 'block.1.0', bn2: 'block.1.1' },
  inverted: { conv_pw: 'block.0.0', bn1: 'block.0.1', conv_dw: 'block.1.0', bn2: 'block.1.1', conv_pwl: 'block.2.0', bn3: 'block.2.1' },
  squeezed: {
    conv_pw: 'block.0.0', bn1: 'block.0.1', conv_dw: 'block.1.0', bn2: 'block.1.1',
    'se.conv_reduce': 'block.2.fc1', 'se.conv_expand': 'block.2.fc2', conv_pwl: 'block.3.0', bn3: 'block.3.1',
  },
};

/** timm's `mobilenetv3_large_100`, `tf_mobilenetv3_large_100` and `tf_mobilenetv3_large_minimal_100`. */
export const fromTimm: NameMap = (names, backbone) => new Map([...names].map((name) => [name, timmMeaning(name, backbone)]));

function timmMeaning(name: string, backbone: BackboneName): Meaning {
  if (TIMM_CLASSIFIER.test(name)) return CLASSIFIER;
  const field = name.slice(name.lastIndexOf('.') + 1);
  const layer = name.slice(0, -field.length - 1);
  const stem = TIMM_STEM[layer];
  if (stem !== undefined) return parameter(`${stem}.${field}`);
  const [, stage, within, part] = /^blocks\.(\d+)\.(\d+)\.(.+)$/.exec(layer) ?? [];
  const first = TIMM_STAGES[Number(stage)];
  if (first === undefined || part === undefined) return UNKNOWN;
  const block = first + Number(within);
  const kind = kindOf(backbone, block);
  const ours = (kind === null ? TIMM_LAST : TIMM_PARTS[kind])[part];
  return ours === undefined ? UNKNOWN : parameter(`features.${block + 1}.${ours}.${field}`);
}

const KERAS_OUTSIDE: Readonly<Record<string, string>> = {
  conv: 'features.0.0',
  conv_bn: 'features.0.1',
  conv_1: 'features.16.0',
  conv_1_bn: 'features.16.1',
};
const KERAS_CLASSIFIER = ['conv_2', 'logits'];
const KERAS_OPTIMIZER = /^\/?optimizer(_weights)?\//;

/** Whether a path in Keras' HDF5 is that of an optimiser's state. */
export function isOptimizerState(path: string): boolean {
  return KERAS_OPTIMIZER.test(path);
}
// prettier-ignore
const KERAS_PARTS: Readonly<Record<BlockKind, Readonly<Record<string, string>>>> = {
  separable: { depthwise: 'block.0.0', depthwise_bn: 'block.0.1', project: 'block.1.0', project_bn: 'block.1.1' },
  inverted: {
    expand: 'block.0.0', expand_bn: 'block.0.1', depthwise: 'block.1.0', depthwise_bn: 'block.1.1', project: 'block.2.0', project_bn: 'block.2.1',
  },
  squeezed: {
    expand: 'block.0.0', expand_bn: 'block.0.1', depthwise: 'block.1.0', depthwise_bn: 'block.1.1',
    squeeze_excite_conv: 'block.2.fc1', squeeze_excite_conv_1: 'block.2.fc2', project: 'block.3.0', project_bn: 'block.3.1',
  },
};
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
 * `keras.applications.MobileNetV3Large`, plain and minimalistic, in each layout that its weights are found in: Keras 2's and 3's `.h5` by name
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
  const outside = (...names: string[]): KerasLayer[] => names.map((name) => ({ name, ours: KERAS_OUTSIDE[name] ?? null }));
  const blocks = BACKBONES[backbone].bottlenecks.flatMap((_, block) => {
    const kind = kindOf(backbone, block);
    return Object.entries(kind === null ? {} : KERAS_PARTS[kind]).map(([part, ours]) => ({
      name: `expanded_conv_${block === 0 ? '' : `${block}_`}${part}`,
      ours: `features.${block + 1}.${ours}`,
    }));
  });
  return [...outside('conv', 'conv_bn'), ...blocks, ...outside('conv_1', 'conv_1_bn'), ...outside(...KERAS_CLASSIFIER)];
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
