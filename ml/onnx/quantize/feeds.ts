/** Photos as a model's one input takes them: planes (NCHW) or interleaved (NHWC), as its dimensions say. */
import { Tensor } from 'onnxruntime-node';
import type { OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';

const CHANNELS = 3;

export interface PhotoInput {
  readonly name: string;
  readonly layout: 'NCHW' | 'NHWC';
  /** Photos of a run; null where the model leaves them free. */
  readonly batch: number | null;
  /** Pixels; null where the model leaves them free. */
  readonly height: number | null;
  readonly width: number | null;
}

/** @throws RangeError where the model does not have exactly one input of three-channel float images. */
export function photoInput({ graph }: OnnxModel): PhotoInput {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !constants.has(name));
  const [input] = inputs;
  if (input === undefined || inputs.length !== 1)
    throw new RangeError(`the model has ${inputs.length} inputs: ${inputs.map(({ name }) => name).join(', ')}`);
  const dims = (input.type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => (dimValue !== undefined && dimValue > 0 ? dimValue : null));
  const said = `${input.name} [${dims.map((dim) => dim ?? '?').join(', ')}]`;
  if (dims.length !== 4 || input.type?.tensorType?.elemType !== 1) throw new RangeError(`its input ${said} is no float32 image`);
  const [batch = null, second = null, third = null, fourth = null] = dims;
  if (second === CHANNELS) return { name: input.name, layout: 'NCHW', batch, height: third, width: fourth };
  if (fourth === CHANNELS) return { name: input.name, layout: 'NHWC', batch, height: second, width: third };
  throw new RangeError(`its input ${said} does not have three channels`);
}

/** Photos that are run at once. */
export interface Batch {
  readonly first: number;
  readonly count: number;
  /** Numbers of the photos: `count` of them, then the last one again where the network takes more at once. */
  readonly photos: readonly number[];
}

/** All photos of `source`, as many at once as the network insists on, else at most `most`. */
export function* batchesFor({ batch }: PhotoInput, source: PhotoSource, most: number): Generator<Batch> {
  const size = batch ?? most;
  for (let first = 0; first < source.count; first += size) {
    const count = Math.min(size, source.count - first);
    const photos = Array.from({ length: batch ?? count }, (_, at) => first + Math.min(at, count - 1));
    yield { first, count, photos };
  }
}

/** Photos of the source, by their numbers, as the input's value. */
export function photoTensor({ layout }: PhotoInput, source: PhotoSource, photos: readonly number[]): Tensor {
  const { crop } = source;
  const area = crop * crop;
  const planes = new Float32Array(photos.length * CHANNELS * area);
  photos.forEach((photo, at) => source.fill(photo, planes, at * CHANNELS * area));
  if (layout === 'NCHW') return new Tensor('float32', planes, [photos.length, CHANNELS, crop, crop]);
  const interleaved = new Float32Array(planes.length);
  for (let at = 0; at < planes.length; at++) {
    const [photo, channel, place] = [Math.floor(at / (CHANNELS * area)), Math.floor(at / area) % CHANNELS, at % area];
    interleaved[(photo * area + place) * CHANNELS + channel] = planes[at] ?? NaN;
  }
  return new Tensor('float32', interleaved, [photos.length, crop, crop, CHANNELS]);
}
