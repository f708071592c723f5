/**
 * MobileNetV3-Large as its paper's table, a row a line.
 * Source: Howard et al., "Searching for MobileNetV3" (2019), table 1; the minimalistic variant is that of the authors'
 * published checkpoints: the same widths with 3x3 kernels, ReLU everywhere and no squeeze-and-excite.
 */

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

const RE = 'relu';
const HS = 'hardSwish';

// prettier-ignore
const LARGE: readonly (readonly [kernel: 3 | 5, expanded: number, out: number, squeeze: boolean, activation: Activation, stride: 1 | 2])[] = [
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

const large: Backbone = {
  stem: { out: 16, activation: HS },
  bottlenecks: LARGE.map(([kernel, expanded, out, squeeze, activation, stride]) => ({
    kernel,
    expanded,
    out,
    squeeze,
    activation,
    stride,
  })),
  features: { out: 960, activation: HS },
};

const minimalistic: Backbone = {
  stem: { out: 16, activation: RE },
  bottlenecks: large.bottlenecks.map((row) => ({ ...row, kernel: 3, squeeze: false, activation: RE })),
  features: { out: 960, activation: RE },
};

export const BACKBONES = {
  mobilenet_v3_large: large,
  mobilenet_v3_large_minimalistic: minimalistic,
} as const satisfies Record<string, Backbone>;
export type BackboneName = keyof typeof BACKBONES;
