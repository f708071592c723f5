/** The pairs of a step in other micro-batches. */
import type { MicroBatch } from './learner.js';

/**
 * The same pairs in the same order in micro-batches of `sizes` pairs: copies, or `batches` themselves where they have these sizes.
 * @throws RangeError where the sizes do not add up to the pairs there are
 */
export function regrouped(batches: readonly MicroBatch[], sizes: readonly number[]): readonly MicroBatch[] {
  if (batches.map(({ pairs }) => pairs).join() === sizes.join()) return batches;
  const places = batches.flatMap((batch) => Array.from({ length: batch.pairs }, (_, pair) => ({ batch, pair })));
  if (sizes.reduce((sum, size) => sum + size, 0) !== places.length)
    throw new RangeError(`${places.length} pairs do not fit ${sizes.join()}`);
  let done = 0;
  return sizes.map((size) => {
    const taken = places.slice(done, done + size);
    done += size;
    return together(taken);
  });
}

function together(places: readonly { readonly batch: MicroBatch; readonly pair: number }[]): MicroBatch {
  const rows = [
    ...places.map(({ batch, pair }) => ({ batch, row: pair })),
    ...places.map(({ batch, pair }) => ({ batch, row: batch.pairs + pair })),
  ];
  const copied = (field: 'photos' | 'target' | 'mask'): Float32Array => {
    const parts = rows.map(({ batch, row }) => {
      const floats = batch[field].length / (2 * batch.pairs);
      return batch[field].subarray(row * floats, (row + 1) * floats);
    });
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  return { pairs: places.length, photos: copied('photos'), target: copied('target'), mask: copied('mask') };
}
