/** How far each quantised value of the integer network is from the same value of the float network, all errors before it included. */
import { floats, THREADS, withSession } from '../session.js';
import { encodeModel, type OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { batchesFor, photoInput, photoTensor } from './feeds.js';
import { CALIBRATION_BATCH } from './observe.js';

/** Where an integer network holds a value: under its own name, or dequantised under another. */
export interface ComparedValue {
  readonly value: string;
  readonly quantized: string;
}

/** Squared error over variance, by value; 0 where neither varies nor differs. */
export async function measureErrors(
  float: OnnxModel,
  quantized: OnnxModel,
  values: readonly ComparedValue[],
  source: PhotoSource,
): Promise<ReadonlyMap<string, number>> {
  if (values.length === 0) return new Map();
  const input = photoInput(float);
  const sums = new Map(values.map(({ value }) => [value, { error: 0, square: 0, sum: 0, count: 0 }]));
  const showing = (model: OnnxModel, names: readonly string[]): Uint8Array =>
    encodeModel({ ...model, graph: { ...model.graph, output: names.map((name) => ({ name })) } });
  const names = { float: values.map(({ value }) => value), quantized: values.map(({ quantized: name }) => name) };
  // One after the other for each batch: two sessions of two threads that run at once would slow each other.
  await withSession(showing(float, names.float), { threads: THREADS }, (exact) =>
    withSession(showing(quantized, names.quantized), { threads: THREADS }, async (integer) => {
      for (const { photos } of batchesFor(input, source, CALIBRATION_BATCH)) {
        const feeds = { [input.name]: photoTensor(input, source, photos) };
        const wanted = await exact.run(feeds, names.float);
        const got = await integer.run(feeds, names.quantized);
        for (const { value, quantized: name } of values) add(sums.get(value), floats(wanted, value), floats(got, name));
      }
    }),
  );
  return new Map([...sums].map(([value, { error, square, sum, count }]) => [value, error === 0 ? 0 : error / (square - sum ** 2 / count)]));
}

function add(
  sums: { error: number; square: number; sum: number; count: number } | undefined,
  wanted: Float32Array,
  got: Float32Array,
): void {
  if (sums === undefined) return;
  for (let at = 0; at < wanted.length; at++) {
    const number = wanted[at] as number;
    sums.error += (number - (got[at] as number)) ** 2;
    sums.square += number ** 2;
    sums.sum += number;
  }
  sums.count += wanted.length;
}
