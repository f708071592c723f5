/** Runs the float model over the calibration photos and notes how its values are spread, channel by channel and all together. */
import { floats, THREADS, withSession } from '../session.js';
import { encodeModel, type OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import type { ChannelRanges } from './equalize.js';
import { batchesFor, photoInput, photoTensor } from './feeds.js';
import { ChannelMeans } from './means.js';
import { Histogram, NOTHING_SEEN, widened, type Extent } from './histogram.js';

/** All values of a batch are in memory at once: about 30 MB a photo for MobileNetV3-Large. */
export const CALIBRATION_BATCH = 4;

type Take = (name: string, numbers: Float32Array, dims: readonly number[], count: number, first: number) => void;

/** Range of each channel of the values. @param done called after each batch with the photos done so far */
export async function observeChannels(
  model: OnnxModel,
  source: PhotoSource,
  values: readonly string[],
  done: (photos: number) => void,
): Promise<ReadonlyMap<string, ChannelRanges>> {
  const ranges = new Map<string, { min: Float64Array; max: Float64Array }>();
  await visit(
    model,
    source,
    values,
    (name, numbers, dims) => {
      const channels = dims[1] ?? 1;
      const range = ranges.get(name) ?? { min: new Float64Array(channels).fill(Infinity), max: new Float64Array(channels).fill(-Infinity) };
      ranges.set(name, range);
      const area = dims.slice(2).reduce((product, side) => product * side, 1);
      for (let start = 0, row = 0; start < numbers.length; start += area, row++) {
        const channel = row % channels;
        const before: Extent = { min: range.min[channel] ?? Infinity, max: range.max[channel] ?? -Infinity };
        const { min, max } = widened(before, numbers.subarray(start, start + area));
        range.min[channel] = min;
        range.max[channel] = max;
      }
    },
    done,
  );
  return ranges;
}

export interface Observations {
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Mean per output channel of every weighted node's result, before any activation, over the first `meanPhotos` photos. */
  readonly means: ReadonlyMap<string, Float64Array>;
}

export interface ObserveRequest {
  readonly model: OnnxModel;
  readonly source: PhotoSource;
  /** Values to take histograms of, and over which range. */
  readonly extents: ReadonlyMap<string, Extent>;
  /** Values to take channel means of; the first dimension of each counts photos. */
  readonly products: readonly string[];
  readonly meanPhotos: number;
}

export async function observe(
  { model, source, extents, products, meanPhotos }: ObserveRequest,
  done: (photos: number) => void,
): Promise<Observations> {
  const histograms = new Map([...extents].map(([name, extent]) => [name, new Histogram(extent)]));
  const means = new Map(products.map((name) => [name, new ChannelMeans()]));
  await visit(
    model,
    source,
    [...new Set([...extents.keys(), ...products])],
    (name, numbers, dims, count, first) => {
      histograms.get(name)?.add(numbers);
      const counted = Math.min(count, meanPhotos - first);
      if (counted > 0) means.get(name)?.add(numbers, dims, counted);
    },
    done,
  );
  return { histograms, means: new Map([...means].map(([name, mean]) => [name, mean.result()])) };
}

/** Hands over the numbers of the values, batch by batch. */
async function visit(
  model: OnnxModel,
  source: PhotoSource,
  values: readonly string[],
  take: Take,
  done: (photos: number) => void,
): Promise<void> {
  const input = photoInput(model);
  const inner = values.filter((name) => name !== input.name);
  // Outputs without types: the runtime infers them.
  const shown = { ...model, graph: { ...model.graph, output: inner.map((name) => ({ name })) } };
  await withSession(encodeModel(shown), { threads: THREADS }, async (session) => {
    for (const { first, count, photos } of batchesFor(input, source, CALIBRATION_BATCH)) {
      const feed = photoTensor(input, source, photos);
      const results = { ...(inner.length === 0 ? {} : await session.run({ [input.name]: feed }, inner)), [input.name]: feed };
      for (const name of values) take(name, floats(results, name), results[name]?.dims ?? [], count, first);
      done(first + count);
    }
  });
}

/** Range over all channels; `floor` cuts it below. */
export function extentOf({ min, max }: ChannelRanges, floor: number): Extent {
  const whole = { min: Math.min(NOTHING_SEEN.min, ...min), max: Math.max(NOTHING_SEEN.max, ...max) };
  return { min: Math.max(whole.min, floor), max: Math.max(whole.max, floor) };
}
