/** Networks whose parameters follow from their names by a formula that golden/make_torch_golden.py repeats. */
import { describeNetwork, type NetworkSpec, type ParameterSpec } from '../../../ml/network/network.js';
import type { TrainedNetwork } from '../../../ml/onnx/trained.js';

export const LARGE: NetworkSpec = {
  backbone: 'mobilenet_v3_large',
  embedding: 512,
  padding: 'symmetric',
  batchNorm: { mode: 'trained', momentum: 0.01, epsilon: 0.001 },
  regression: true,
};
export const MINIMALISTIC: NetworkSpec = {
  backbone: 'mobilenet_v3_large_minimalistic',
  embedding: 512,
  padding: 'same',
  batchNorm: { mode: 'folded', momentum: 0.01, epsilon: 0.001 },
  regression: false,
};

/** The exports that golden/checked.json is about. */
export const SEEDED_EXPORTS = [
  { spec: LARGE, opset: 17 },
  { spec: LARGE, opset: 22 },
  { spec: MINIMALISTIC, opset: 17 },
] as const;

/** `count` numbers made of u in [0, 1) by `transform`: u is lowbias32 of FNV-1a(name) + index * 0x9e3779b9. */
export function seeded(name: string, count: number, transform: (u: number) => number): Float32Array {
  const seed = Buffer.from(name).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5);
  return Float32Array.from({ length: count }, (_, index) => {
    let h = (seed + Math.imul(index, 0x9e3779b9)) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    return transform(((h ^ (h >>> 16)) >>> 0) / 2 ** 32);
  });
}

/** Two photos as [2, 3, 224, 224]. */
export function seededPhotos(): Float32Array {
  return seeded('photos', 2 * 3 * 224 * 224, (u) => 4 * u - 2);
}

const signed = (u: number): number => 2 * u - 1;
const TRANSFORMS: Readonly<Record<ParameterSpec['kind'], (fanIn: number) => (u: number) => number>> = {
  direction: () => signed,
  runningMean: () => (u) => 0.2 * signed(u),
  runningVariance: () => (u) => 0.5 + u,
  bias: () => (u) => 0.2 * signed(u),
  shift: () => (u) => 0.2 * signed(u),
  scale: () => (u) => 0.8 + 0.4 * u,
  weight: (fanIn) => (u) => signed(u) * Math.sqrt(6 / fanIn),
};

export function seededNetwork(spec: NetworkSpec): TrainedNetwork {
  const network = describeNetwork(spec);
  const parameters = new Map(
    network.parameters.map(({ name, shape, kind }) => {
      const count = shape.reduce((product, side) => product * side, 1);
      return [name, { shape, data: seeded(name, count, TRANSFORMS[kind](count / (shape[0] ?? 1))) }];
    }),
  );
  return { network, parameters };
}
