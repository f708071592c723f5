/**
 * Where a quantised model loses what it loses: every value of the float network beside the same value of the other model, on a few photos.
 * Errors are carried on from layer to layer, so that the last ones always have most; what tells is what a layer adds to its inputs' error.
 */
import type { Agreement } from '../../configs/schema/evaluation.js';
import { INPUT } from '../network/network.js';
import { encodeModel, type OnnxModel } from './messages.js';
import { batchesOf, type PhotoSource } from './photos.js';
import { float32, floats, THREADS, withSession } from './session.js';

export type LayerError = Agreement['worstLayers'][number];

const WORST = 5;
/** What can be a layer. The length of an embedding hardly varies between photos, and any error of it looks large. */
const LAYERS = new Set(['Conv', 'Gemm', 'Relu', 'HardSwish', 'HardSigmoid', 'Add', 'Mul', 'GlobalAveragePool']);
/** All values of a photo are in memory at once: about 30 MB for MobileNetV3-Large, twice. */
const BATCH = 4;

/** The layers that add most error, most first, over all photos of `source`: a few will do. */
export async function worstLayers(float: OnnxModel, other: OnnxModel, source: PhotoSource): Promise<LayerError[]> {
  const names = namesIn(float, other);
  const sums = new Map([...names.keys()].map((value) => [value, new Sums()]));
  for (const batch of batchesOf(source, BATCH)) {
    const run = (model: OnnxModel, shown: readonly string[]): Promise<Float32Array[]> =>
      withSession(showing(model, shown), { threads: THREADS }, async (session) => {
        const results = await session.run({ [INPUT]: float32(batch.data, batch.dims) }, shown);
        return shown.map((name) => floats(results, name).slice());
      });
    const exact = await run(float, [...names.keys()]);
    const got = await run(other, [...names.values()]);
    [...sums.values()].forEach((sum, place) => sum.add(exact[place] ?? new Float32Array(0), got[place] ?? new Float32Array(0)));
  }
  const errors = new Map([...sums].map(([value, sum]) => [value, sum.errorOverVariance]));
  return float.graph.node
    .filter(({ opType }) => LAYERS.has(opType))
    .flatMap(({ input, output: [layer = ''] }) => {
      const errorOverVariance = errors.get(layer);
      if (errorOverVariance === undefined) return [];
      const before = Math.max(0, ...input.map((name) => carriedTo(float, errors, name)));
      return [{ layer, errorOverVariance, added: errorOverVariance - before }];
    })
    .sort((a, b) => b.added - a.added)
    .slice(0, WORST);
}

/** Values of the float model by the names under which the other one holds them: dequantised, or as they are where it has them in float. */
function namesIn(float: OnnxModel, other: OnnxModel): Map<string, string> {
  const made = new Set(other.graph.node.flatMap(({ output }) => output));
  const quantized = new Set(other.graph.node.flatMap(({ opType, input }) => (opType === 'QuantizeLinear' ? input.slice(0, 1) : [])));
  return new Map(
    float.graph.node.flatMap(({ output: [value = ''] }): [string, string][] => {
      if (made.has(`${value}/dq`)) return [[value, `${value}/dq`]];
      // To show what goes into a quantiser would keep the runtime from computing it in integers.
      return made.has(value) && !quantized.has(value) ? [[value, value]] : [];
    }),
  );
}

/** Error of a value, or of the nearest ones that it is made of where it cannot be compared. */
function carriedTo(float: OnnxModel, errors: ReadonlyMap<string, number>, value: string): number {
  const known = errors.get(value);
  if (known !== undefined) return known;
  const maker = float.graph.node.find(({ output }) => output[0] === value);
  return Math.max(0, ...(maker?.input ?? []).map((name) => carriedTo(float, errors, name)));
}

/** The model with these values for outputs. Without types: the runtime infers them. */
function showing(model: OnnxModel, values: readonly string[]): Uint8Array {
  return encodeModel({ ...model, graph: { ...model.graph, output: values.map((name) => ({ name })) } });
}

class Sums {
  private error = 0;
  private sum = 0;
  private square = 0;
  private count = 0;

  add(exact: Float32Array, other: Float32Array): void {
    for (let at = 0; at < exact.length; at++) {
      const number = exact[at] as number;
      this.error += (number - (other[at] ?? NaN)) ** 2;
      this.sum += number;
      this.square += number * number;
    }
    this.count += exact.length;
  }

  get errorOverVariance(): number {
    return this.error === 0 ? 0 : this.error / (this.square - this.sum ** 2 / this.count);
  }
}
