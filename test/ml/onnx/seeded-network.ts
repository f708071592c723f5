/** Networks whose parameters follow from their names by a formula that golden/make_torch_golden.py repeats. */
import { describeNetwork, type NetworkSpec, type ParameterSpec } from '../../../ml/network/network.js';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { encodeModel } from '../../../ml/onnx/messages.js';
import { withPreprocessing } from '../../../ml/onnx/pixels.js';
import { storeWeightsAsInt8 } from '../../../ml/onnx/weight-only.js';
import type { TrainedNetwork } from '../../../ml/onnx/trained.js';

export const LARGE: NetworkSpec = {
  backbone: 'mobilenet_v3_large',
  embedding: 512,
  padding: 'symmetric',
  batchNorm: { mode: 'trained', momentum: 0.01, epsilon: 0.001 },
  regression: true,
};
export const SMALL: NetworkSpec = { ...LARGE, backbone: 'mobilenet_v3_small' };
export const MINIMALISTIC: NetworkSpec = {
  backbone: 'mobilenet_v3_large_minimalistic',
  embedding: 512,
  padding: 'same',
  batchNorm: { mode: 'folded', momentum: 0.01, epsilon: 0.001 },
  regression: false,
};

/** The exports that golden/checked.json is about. */
export const SEEDED_EXPORTS = [
  { spec: LARGE, opset: 17, form: 'float' },
  { spec: LARGE, opset: 22, form: 'float' },
  { spec: MINIMALISTIC, opset: 17, form: 'float' },
  { spec: SMALL, opset: 17, form: 'float' },
  { spec: LARGE, opset: 17, form: 'int8-weights' },
  { spec: MINIMALISTIC, opset: 18, form: 'pixels' },
] as const;

/** The bytes of one of them. */
export function seededExport({ spec, opset, form }: (typeof SEEDED_EXPORTS)[number]): Uint8Array {
  const model = exportNetwork(seededNetwork(spec), { opset, crop: 224, metadata: {} });
  const forms = {
    float: () => model,
    'int8-weights': () => storeWeightsAsInt8(model).model,
    pixels: () => withPreprocessing(model, { size: 256, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }),
  };
  return encodeModel(forms[form]());
}

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
