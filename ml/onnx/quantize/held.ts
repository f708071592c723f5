/** Activations of the integer network that are kept while its layers are finished one after the other, so that no layer begins from the photos again. */
import { Tensor } from 'onnxruntime-node';
import { value } from '../build.js';
import { encodeModel, type OnnxModel, type OnnxValue } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { THREADS, withSession } from '../session.js';
import { batchesFor, photoInput, photoTensor } from './feeds.js';
import { extract, GraphIndex } from './graph.js';

/** The integers of one value for all photos, [photos, ...shape]. Only values that later layers need are kept. */
export interface Held {
  readonly shape: readonly number[];
  readonly steps: Uint8Array;
}

/** Photos that are run at once through one layer. */
export const BATCH = 8;

/** What the model makes of the photos, or of what is held already, at `output`, a uint8 value whose first dimension counts photos. */
export async function holdSteps(model: OnnxModel, held: ReadonlyMap<string, Held>, source: PhotoSource, output: string): Promise<Held> {
  let made: Held | null = null;
  await runPart(model, held, source, output, (result, count, first) => {
    if (!(result.data instanceof Uint8Array)) throw new Error(`${output} is not uint8`);
    const each = result.data.length / (result.dims[0] ?? 1);
    made ??= { shape: result.dims.slice(1), steps: new Uint8Array(source.count * each) };
    made.steps.set(result.data.subarray(0, count * each), first * each);
  });
  if (made === null) throw new Error('no photos to finish layers with');
  return made;
}

/** Runs the part of the model between what is held (or the photos themselves) and `output`, over all photos. */
export async function runPart(
  model: OnnxModel,
  held: ReadonlyMap<string, Held>,
  source: PhotoSource,
  output: string,
  take: (result: Tensor, count: number, first: number) => void,
): Promise<void> {
  const starts: OnnxValue[] = [...held].map(([name, { shape }]) => value(name, 'uint8', ['N', ...shape]));
  const part = extract(model, [...starts, ...model.graph.input], output);
  const input = photoInput(model);
  await withSession(encodeModel(part), { threads: THREADS }, async (session) => {
    for (const { first, count, photos: numbers } of batchesFor(input, source, BATCH)) {
      const feeds = part.graph.input.map(({ name }) => {
        const known = held.get(name);
        return [name, known === undefined ? photoTensor(input, source, numbers) : rows(known, numbers)] as const;
      });
      const result = (await session.run(Object.fromEntries(feeds), [output]))[output];
      if (!(result instanceof Tensor)) throw new Error(`the part gave no ${output}`);
      take(result, count, first);
    }
  });
}

/** Photos of a held value, by their numbers. */
export function rows({ shape, steps }: Held, photos: readonly number[]): Tensor {
  const each = shape.reduce((product, side) => product * side, 1);
  const data = new Uint8Array(photos.length * each);
  photos.forEach((photo, at) => data.set(steps.subarray(photo * each, (photo + 1) * each), at * each));
  return new Tensor('uint8', data, [photos.length, ...shape]);
}

/** Lets go of what no later layer is made from. */
export function drop(model: OnnxModel, held: Map<string, Held>, needed: readonly string[]): void {
  const index = new GraphIndex(model.graph);
  const ends = new Set(held.keys());
  const met = new Set(needed.flatMap((name) => [...index.behind(name, ends).met]));
  for (const name of ends) if (!met.has(name)) held.delete(name);
}
