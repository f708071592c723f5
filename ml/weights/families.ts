/** Whose weights these are, told by their tensors' names, and what such weights expect that no tensor says. */
import type { Padding } from '../network/network.js';
import { fromKeras, fromTimm, fromTorchvision, type NameMap } from './names.js';

/** Per channel, of photos in [0, 1]: (photo - mean) / std. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Null is not known: the weights do not say it, and those who could are not known either. */
export interface Conventions {
  readonly padding: Padding | null;
  /** Of batch norm. */
  readonly epsilon: number | null;
  readonly normalize: Normalization | null;
}

interface FamilyRow extends Conventions {
  /** A name that only this family has. */
  readonly sign: RegExp;
  /** What else the file's path or URL must say; null: anything. */
  readonly source: RegExp | null;
  readonly map: NameMap;
}

const IMAGENET: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** [-1, 1] */
const CENTRED: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const AS_DECODED: Normalization = { mean: [0, 0, 0], std: [1, 1, 1] };

const TORCHVISION = /^features\.\d+\.(\d|block\.)/;
const TIMM = /^(conv_stem\.|blocks\.\d+\.\d+\.)/;

// prettier-ignore
/**
 * The first row that fits counts. timm gives all its weights the same names: what it ported from TensorFlow, and what was trained on
 * photos prepared in other ways, is told apart by the names of its releases (its `default_cfgs` of mobilenetv3.py).
 */
export const FAMILIES = {
  /** Torchvision's names with batch norm folded into the convolutions: by anybody. */
  folded:      { sign: /^features\.\d+\.(block\.\d+\.)?0\.bias$/, source: null, padding: null, epsilon: null, normalize: null, map: fromTorchvision },
  torchvision: { sign: TORCHVISION, source: null, padding: 'symmetric', epsilon: 1e-3, normalize: IMAGENET, map: fromTorchvision },
  'timm-tf':   { sign: TIMM, source: /tf_mobilenetv3/, padding: 'same', epsilon: 1e-3, normalize: CENTRED, map: fromTimm },
  'timm-miil': { sign: TIMM, source: /miil/, padding: 'symmetric', epsilon: 1e-5, normalize: AS_DECODED, map: fromTimm },
  'timm-ra4':  { sign: TIMM, source: /[._-]ra4_/, padding: 'symmetric', epsilon: 1e-5, normalize: CENTRED, map: fromTimm },
  timm:        { sign: TIMM, source: null, padding: 'symmetric', epsilon: 1e-5, normalize: IMAGENET, map: fromTimm },
  keras:       { sign: /(^|\/)(expanded_conv(_\d+)?[/_]|layers\/depthwise_conv2d)/, source: null, padding: 'same', epsilon: 1e-3, normalize: CENTRED, map: fromKeras },
} as const satisfies Record<string, FamilyRow>;
export type Family = keyof typeof FAMILIES;

/** Null where the names are nobody's. `source` is the path or URL that the file came from. */
export function familyOf(names: Iterable<string>, source: string): Family | null {
  const all = [...names];
  const fits = ({ sign, source: pattern }: FamilyRow): boolean => (pattern?.test(source) ?? true) && all.some((name) => sign.test(name));
  return (Object.keys(FAMILIES) as Family[]).find((family) => fits(FAMILIES[family])) ?? null;
}
