/**
 * MobileNetV3 as its paper's tables, a row a line.
 * Source: Howard et al., "Searching for MobileNetV3" (2019), table 1 (Large) and table 2 (Small); the minimalistic variant is that of the
 * authors' published checkpoints: the same widths with 3x3 kernels, ReLU everywhere and no squeeze-and-excite.
 */
import type { BackboneName } from '../../configs/schema/backbones.js';

export type Activation = 'relu' | 'hardSwish';

/** One inverted residual: expand to `expanded` channels, `kernel` x `kernel` depthwise at `stride`, optional squeeze-and-excite, project to `out`. */
export interface Bottleneck {
  readonly kernel: 3 | 5;
  readonly expanded: number;
  readonly out: number;
  readonly squeeze: boolean;
  readonly activation: Activation;
  readonly stride: 1 | 2;
}

export interface Backbone {
  /** Channels of the first 3x3 convolution at stride 2, and its activation. */
  readonly stem: { readonly out: number; readonly activation: Activation };
  readonly bottlenecks: readonly Bottleneck[];
  /** Channels of the last 1x1 convolution, whose global average is the feature vector. */
  readonly features: { readonly out: number; readonly activation: Activation };
}

/** The layers of a bottleneck, in order; each has a number of its own in torchvision's names. */
export type Part = 'expand' | 'depthwise' | 'squeeze' | 'project';

/** A bottleneck whose input has as many channels as it would be expanded to is not expanded. */
export function partsOf(row: Bottleneck, inChannels: number): Part[] {
  return [
    ...(row.expanded === inChannels ? [] : ['expand' as const]),
    'depthwise',
    ...(row.squeeze ? ['squeeze' as const] : []),
    'project',
  ];
}

const RE = 'relu';
const HS = 'hardSwish';

type Row = readonly [kernel: 3 | 5, expanded: number, out: number, squeeze: boolean, activation: Activation, stride: 1 | 2];

// prettier-ignore
const LARGE: readonly Row[] = [
  [3,  16,  16, false, RE, 1],
  [3,  64,  24, false, RE, 2],
  [3,  72,  24, false, RE, 1],
  [5,  72,  40, true,  RE, 2],
  [5, 120,  40, true,  RE, 1],
  [5, 120,  40, true,  RE, 1],
  [3, 240,  80, false, HS, 2],
  [3, 200,  80, false, HS, 1],
  [3, 184,  80, false, HS, 1],
  [3, 184,  80, false, HS, 1],
  [3, 480, 112, true,  HS, 1],
  [3, 672, 112, true,  HS, 1],
  [5, 672, 160, true,  HS, 2],
  [5, 960, 160, true,  HS, 1],
  [5, 960, 160, true,  HS, 1],
];

// prettier-ignore
const SMALL: readonly Row[] = [
  [3,  16, 16, true,  RE, 2],
  [3,  72, 24, false, RE, 2],
  [3,  88, 24, false, RE, 1],
  [5,  96, 40, true,  HS, 2],
  [5, 240, 40, true,  HS, 1],
  [5, 240, 40, true,  HS, 1],
  [5, 120, 48, true,  HS, 1],
  [5, 144, 48, true,  HS, 1],
  [5, 288, 96, true,  HS, 2],
  [5, 576, 96, true,  HS, 1],
  [5, 576, 96, true,  HS, 1],
];

function mobileNetV3(rows: readonly Row[], features: number): Backbone {
  return {
    stem: { out: 16, activation: HS },
    bottlenecks: rows.map(([kernel, expanded, out, squeeze, activation, stride]) => ({
      kernel,
      expanded,
      out,
      squeeze,
      activation,
      stride,
    })),
    features: { out: features, activation: HS },
  };
}

const large = mobileNetV3(LARGE, 960);

const minimalistic: Backbone = {
  stem: { out: 16, activation: RE },
  bottlenecks: large.bottlenecks.map((row) => ({ ...row, kernel: 3, squeeze: false, activation: RE })),
  features: { out: 960, activation: RE },
};

export const BACKBONES: Readonly<Record<BackboneName, Backbone>> = {
  mobilenet_v3_large: large,
  mobilenet_v3_large_minimalistic: minimalistic,
  mobilenet_v3_small: mobileNetV3(SMALL, 576),
};
