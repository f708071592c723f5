/** The dimensions of every value of a network, asked of the runtime: which of them counts photos, which channels. */
import type { Tensor } from 'onnxruntime-node';
import { encodeModel, type OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { THREADS, withSession } from '../session.js';
import { photoInput, photoTensor } from './feeds.js';

export interface Shape {
  /** Of a run of some photos. */
  readonly dims: readonly number[];
  /** Whether the first dimension counts photos, so that a photo's share of the numbers lies in one piece. */
  readonly byPhoto: boolean;
}
export type Shapes = ReadonlyMap<string, Shape>;

/** Runs one photo and then two, or as many as the network insists on: what grows as the photos do counts them. */
export async function shapesOf(model: OnnxModel, source: PhotoSource): Promise<Shapes> {
  const input = photoInput(model);
  const names = model.graph.node.flatMap(({ output }) => output).filter((name) => name !== '');
  const shown = { ...model, graph: { ...model.graph, output: names.map((name) => ({ name })) } };
  const sizes = input.batch === null ? [1, 2] : [input.batch];
  return withSession(encodeModel(shown), { threads: THREADS }, async (session) => {
    const runs: Map<string, readonly number[]>[] = [];
    for (const photos of sizes) {
      const feed = photoTensor(
        input,
        source,
        Array.from({ length: photos }, (_, at) => at % source.count),
      );
      const results = await session.run({ [input.name]: feed }, names);
      runs.push(new Map([[input.name, feed.dims], ...names.map((name) => [name, (results[name] as Tensor).dims] as const)]));
    }
    const [first = new Map<string, readonly number[]>()] = runs;
    return new Map(
      [...first].map(([name, dims]) => {
        const rest = (of: readonly number[]): string => of.slice(1).join();
        const byPhoto = runs.every((run, at) => run.get(name)?.[0] === sizes[at] && rest(run.get(name) ?? []) === rest(dims));
        return [name, { dims, byPhoto }];
      }),
    );
  });
}
