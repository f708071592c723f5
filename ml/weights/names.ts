/**
 * How others name MobileNetV3-Large's parameters, as tables, and what else their weights expect. Our own names are
 * torchvision's; see `ml/network/network.ts`.
 */

/** Who trained the weights, and the two things that a state dict does not say. `epsilon` is batch norm's. */
export const FAMILIES = {
  torchvision: { sign: 'features.0.0.weight', epsilon: 1e-3, padding: 'symmetric' },
  timm: { sign: 'conv_stem.weight', epsilon: 1e-5, padding: 'symmetric' },
} as const;
export type Family = keyof typeof FAMILIES;

/** What weights for classifying have and a backbone has no use for: not a fault of the file. */
const CLASSIFIERS = [/^classifier\./, /^conv_head\./];

/** The family whose first convolution is among the names; null where none is known. */
export function familyOf(names: Iterable<string>): Family | null {
  const all = new Set(names);
  return (Object.keys(FAMILIES) as Family[]).find((family) => all.has(FAMILIES[family].sign)) ?? null;
}

/** Whether a tensor of that name, as its own family names it, is a classifier's. */
export function isClassifier(name: string): boolean {
  return CLASSIFIERS.some((pattern) => pattern.test(name));
}

/** timm's stages hold several blocks; torchvision counts blocks through. The first block of each stage as torchvision counts it. */
const TIMM_STAGES = [1, 2, 4, 7, 11, 13, 16];
const TIMM_STEM: Readonly<Record<string, string>> = { conv_stem: 'features.0.0', bn1: 'features.0.1' };
/** The last 1x1 convolution is a stage of its own in timm and no block in torchvision. */
const TIMM_LAST: Readonly<Record<string, string>> = { conv: '0', bn1: '1' };
/** A block that does not expand: depthwise, project. */
const TIMM_SEPARABLE: Readonly<Record<string, string>> = { conv_dw: 'block.0.0', bn1: 'block.0.1', conv_pw: 'block.1.0', bn2: 'block.1.1' };
/** Expand, depthwise, project. */
const TIMM_INVERTED: Readonly<Record<string, string>> = {
  conv_pw: 'block.0.0',
  bn1: 'block.0.1',
  conv_dw: 'block.1.0',
  bn2: 'block.1.1',
  conv_pwl: 'block.2.0',
  bn3: 'block.2.1',
};
/** Expand, depthwise, squeeze and excite, project. */
const TIMM_SQUEEZED: Readonly<Record<string, string>> = {
  ...TIMM_INVERTED,
  'se.conv_reduce': 'block.2.fc1',
  'se.conv_expand': 'block.2.fc2',
  conv_pwl: 'block.3.0',
  bn3: 'block.3.1',
};

/** Our name of each of timm's `mobilenetv3_large_100`; names that are not in its tables stand for themselves. */
export function fromTimm(names: Iterable<string>): Map<string, string> {
  const all = new Set(names);
  return new Map([...all].map((name) => [name, timmName(name, all) ?? name]));
}

function timmName(name: string, all: ReadonlySet<string>): string | null {
  const field = name.slice(name.lastIndexOf('.') + 1);
  const layer = name.slice(0, -field.length - 1);
  const stem = TIMM_STEM[layer];
  if (stem !== undefined) return `${stem}.${field}`;
  const [, stage, block, part] = /^blocks\.(\d+)\.(\d+)\.(.+)$/.exec(layer) ?? [];
  const first = TIMM_STAGES[Number(stage)];
  if (first === undefined || part === undefined) return null;
  const prefix = `blocks.${stage}.${block}`;
  const ours = timmBlock(prefix, all)[part];
  return ours === undefined ? null : `features.${first + Number(block)}.${ours}.${field}`;
}

function timmBlock(prefix: string, all: ReadonlySet<string>): Readonly<Record<string, string>> {
  if (all.has(`${prefix}.se.conv_reduce.weight`)) return TIMM_SQUEEZED;
  if (all.has(`${prefix}.conv_pwl.weight`)) return TIMM_INVERTED;
  return all.has(`${prefix}.conv.weight`) ? TIMM_LAST : TIMM_SEPARABLE;
}
