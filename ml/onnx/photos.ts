/** Photos as an ONNX model takes them: [N, 3, crop, crop], where everything else here holds [N, crop, crop, 3]. */
import { fillView } from '../images/augment.js';
import type { PhotoCache } from '../images/cache.js';

/** Photos that can be asked for by number, each as 3 x crop x crop normalised floats. */
export interface PhotoSource {
  readonly count: number;
  readonly crop: number;
  /** Writes photo `index` of [0, count) to `out` from `offset`. */
  fill(index: number, out: Float32Array, offset: number): void;
}

/** Turns crop x crop x 3 into 3 x crop x crop. */
export function toPlanes(interleaved: Float32Array, out: Float32Array, offset: number): void {
  const area = interleaved.length / 3;
  for (let channel = 0; channel < 3; channel++)
    for (let at = 0; at < area; at++) out[offset + channel * area + at] = interleaved[3 * at + channel] ?? NaN;
}

/** The given photos of a cache, by their numbers in it, unaugmented. */
export function fromCache(cache: PhotoCache, photos: readonly number[]): PhotoSource {
  const { crop } = cache.index;
  const view = new Float32Array(crop * crop * 3);
  return {
    count: photos.length,
    crop,
    fill: (index, out, offset) => {
      const photo = photos[index];
      if (photo === undefined) throw new RangeError(`photo ${index} of ${photos.length}`);
      fillView(cache, photo, view, 0);
      toPlanes(view, out, offset);
    },
  };
}

export interface PhotoBatch {
  readonly first: number;
  readonly count: number;
  /** [count, 3, crop, crop]; overwritten by the next batch. */
  readonly data: Float32Array;
  readonly dims: readonly [count: number, channels: 3, height: number, width: number];
}

/** All photos of `source`, at most `size` at a time. */
export function* batchesOf(source: PhotoSource, size: number): Generator<PhotoBatch> {
  const floats = 3 * source.crop * source.crop;
  const buffer = new Float32Array(Math.min(size, source.count) * floats);
  for (let first = 0; first < source.count; first += size) {
    const count = Math.min(size, source.count - first);
    for (let index = 0; index < count; index++) source.fill(first + index, buffer, index * floats);
    yield { first, count, data: buffer.subarray(0, count * floats), dims: [count, 3, source.crop, source.crop] };
  }
}
