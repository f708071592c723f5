/**
 * Sequential bias correction: rounding weights and activations shifts the mean of each layer's products, and the shift grows from layer to
 * layer. Layer by layer, each reading what the corrected integer layers before it make of the calibration photos, the bias takes up
 * the difference between the float mean and the quantised mean of every channel.
 * Source: Nagel et al. (2019), "Data-free quantization through weight equalization and bias correction", section 4.2, with data.
 */
import { Tensor } from 'onnxruntime-node';
import { value } from '../build.js';
import { encodeModel, type OnnxModel, type OnnxValue } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { float32, floats, THREADS, withSession } from '../session.js';
import { emitQuantized, stepsOf, type EmitRequest } from './emit.js';
import { extract, GraphIndex } from './graph.js';
import { ChannelMeans } from './means.js';

/** The integers of one value for all photos, [photos, ...shape]. Only values that later layers need are kept. */
interface Held {
  readonly shape: readonly number[];
  readonly steps: Uint8Array;
}

/** Photos that are run at once through one layer. */
const BATCH = 8;

/**
 * @param request its biases are those of the float model
 * @param means float means by weighted node's result, over the photos of `source`
 * @param done called after each layer with the layers done so far
 * @returns corrected biases, by weighted node's result
 */
export async function correctBiases(
  request: EmitRequest,
  means: ReadonlyMap<string, Float64Array>,
  source: PhotoSource,
  done: (layers: number) => void,
): Promise<ReadonlyMap<string, Float32Array>> {
  const biases = new Map(request.biases);
  const held = new Map<string, Held>();
  const layers = request.plan.weighted;
  for (const [position, layer] of layers.entries()) {
    const [input = ''] = layer.input;
    const [output = ''] = layer.output;
    const model = emitQuantized({ ...request, biases });
    const steps = stepsOf(input);
    if (!held.has(steps)) held.set(steps, await holdSteps(model, held, source, steps));
    const measured = await measure(model, held, source, output);
    const wanted = means.get(output);
    const bias = biases.get(output);
    if (wanted === undefined || bias === undefined) throw new Error(`nothing is known of ${output}`);
    biases.set(
      output,
      bias.map((number, channel) => number + (wanted[channel] ?? NaN) - (measured[channel] ?? NaN)),
    );
    drop(
      model,
      held,
      layers.slice(position + 1).map((later) => stepsOf(later.input[0] ?? '')),
    );
    done(position + 1);
  }
  return biases;
}

/** Channel means of a layer's result in float, made from what is held. */
async function measure(model: OnnxModel, held: ReadonlyMap<string, Held>, source: PhotoSource, output: string): Promise<Float64Array> {
  const means = new ChannelMeans();
  await runPart(model, held, source, output, (result, count) => means.add(floats({ [output]: result }, output), result.dims, count));
  return means.result();
}

async function holdSteps(model: OnnxModel, held: ReadonlyMap<string, Held>, source: PhotoSource, output: string): Promise<Held> {
  let made: Held | null = null;
  await runPart(model, held, source, output, (result, count, first) => {
    if (!(result.data instanceof Uint8Array)) throw new Error(`${output} is not uint8`);
    const each = result.data.length / count;
    made ??= { shape: result.dims.slice(1), steps: new Uint8Array(source.count * each) };
    made.steps.set(result.data, first * each);
  });
  if (made === null) throw new Error('no photos to correct biases with');
  return made;
}

/** Runs the part of the model between what is held (or the photos themselves) and `output`, over all photos. */
async function runPart(
  model: OnnxModel,
  held: ReadonlyMap<string, Held>,
  source: PhotoSource,
  output: string,
  take: (result: Tensor, count: number, first: number) => void,
): Promise<void> {
  const starts: OnnxValue[] = [...held].map(([name, { shape }]) => value(name, 'uint8', ['N', ...shape]));
  const part = extract(model, [...starts, ...model.graph.input], output);
  const floatsOfPhoto = 3 * source.crop * source.crop;
  await withSession(encodeModel(part), { threads: THREADS }, async (session) => {
    for (let first = 0; first < source.count; first += BATCH) {
      const count = Math.min(BATCH, source.count - first);
      const feeds = part.graph.input.map(({ name }) => {
        const known = held.get(name);
        if (known !== undefined) return [name, rows(known, first, count)] as const;
        const photos = new Float32Array(count * floatsOfPhoto);
        for (let photo = 0; photo < count; photo++) source.fill(first + photo, photos, photo * floatsOfPhoto);
        return [name, float32(photos, [count, 3, source.crop, source.crop])] as const;
      });
      const result = (await session.run(Object.fromEntries(feeds), [output]))[output];
      if (!(result instanceof Tensor)) throw new Error(`the part gave no ${output}`);
      take(result, count, first);
    }
  });
}

function rows({ shape, steps }: Held, first: number, count: number): Tensor {
  const each = shape.reduce((product, side) => product * side, 1);
  return new Tensor('uint8', steps.subarray(first * each, (first + count) * each), [count, ...shape]);
}

/** Lets go of what no later layer is made from. */
function drop(model: OnnxModel, held: Map<string, Held>, needed: readonly string[]): void {
  const index = new GraphIndex(model.graph);
  const ends = new Set(held.keys());
  const met = new Set(needed.flatMap((name) => [...index.behind(name, ends).met]));
  for (const name of ends) if (!met.has(name)) held.delete(name);
}
