/** Runs the float model over the calibration photos and notes how its values are spread, and the channel means of its products. */
import { float32, floats, THREADS, withSession } from '../session.js';
import { encodeModel, type OnnxModel } from '../messages.js';
import { batchesOf, type PhotoSource } from '../photos.js';
import { ChannelMeans } from './means.js';
import { Histogram, NOTHING_SEEN, widened, type Extent } from './histogram.js';

export interface Observations {
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Mean per output channel of every weighted node's result, before any activation, over the first `meanPhotos` photos. */
  readonly means: ReadonlyMap<string, Float64Array>;
}

export interface ObserveRequest {
  readonly model: OnnxModel;
  readonly source: PhotoSource;
  /** Values to take histograms of, each with the least number that matters (-3 before HardSwish). */
  readonly values: ReadonlyMap<string, { readonly floor: number }>;
  /** Values to take channel means of. */
  readonly products: readonly string[];
  readonly meanPhotos: number;
}

/** All values of a batch are in memory at once: about 30 MB a photo for MobileNetV3-Large. */
export const CALIBRATION_BATCH = 4;

/**
 * Two passes: the first finds each value's range, the second fills histograms over it.
 * @param done called after each batch with the photos done so far, of twice the source's count
 */
export async function observe(request: ObserveRequest, done: (photos: number) => void): Promise<Observations> {
  const { source, values, products } = request;
  const extents = new Map<string, Extent>([...values.keys()].map((name) => [name, NOTHING_SEEN]));
  const means = new Map(products.map((name) => [name, new ChannelMeans()]));
  return withSession(encodeModel(exposing(request)), { threads: THREADS }, async (session) => {
    const inner = [...values.keys()].filter((name) => !isInput(request.model, name));
    const pass = async (names: readonly string[], each: (name: string, numbers: Float32Array) => void, from: number): Promise<void> => {
      for (const batch of batchesOf(source, CALIBRATION_BATCH)) {
        const results = await session.run({ [inputOf(request.model)]: float32(batch.data, batch.dims) }, names);
        for (const name of values.keys()) each(name, isInput(request.model, name) ? batch.data : floats(results, name));
        if (from > 0)
          for (const [name, mean] of means) {
            const counted = Math.min(batch.count, request.meanPhotos - batch.first);
            if (counted > 0) mean.add(floats(results, name), results[name]?.dims ?? [], counted);
          }
        done(from + batch.first + batch.count);
      }
    };
    await pass(inner, (name, numbers) => extents.set(name, widened(extents.get(name) ?? NOTHING_SEEN, numbers)), 0);
    const histograms = new Map(
      [...values].map(([name, { floor }]) => {
        const { min, max } = extents.get(name) ?? NOTHING_SEEN;
        return [name, new Histogram({ min: Math.max(min, floor), max: Math.max(max, floor) })];
      }),
    );
    await pass([...new Set([...inner, ...products])], (name, numbers) => histograms.get(name)?.add(numbers), source.count);
    return { histograms, means: new Map([...means].map(([name, mean]) => [name, mean.result()])) };
  });
}

/** The model with the asked-for values among its outputs. Without types: the runtime infers them. */
function exposing({ model, values, products }: ObserveRequest): OnnxModel {
  const shown = [...new Set([...values.keys(), ...products])].filter((name) => !isInput(model, name));
  return { ...model, graph: { ...model.graph, output: shown.map((name) => ({ name })) } };
}

function isInput(model: OnnxModel, name: string): boolean {
  return name === inputOf(model);
}

function inputOf(model: OnnxModel): string {
  const [input] = model.graph.input;
  if (input === undefined || model.graph.input.length !== 1) throw new Error('the model must have one input');
  return input.name;
}
