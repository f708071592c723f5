/**
 * Layer by layer, each reading what the finished integer layers before it make of the calibration photos: its weights are rounded for the least error
 * (rounding.ts), then its bias is corrected. Rounding weights and activations shifts the mean of each layer's products, and the shift grows from layer to
 * layer; the bias takes up the difference between the float mean and the quantised mean of every channel.
 * Source: Nagel et al. (2019), "Data-free quantization through weight equalization and bias correction", section 4.2, with data.
 */
import type { OnnxModel, OnnxNode, OnnxTensor } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { floats, THREADS, withSession } from '../session.js';
import { emitQuantized, type EmitRequest } from './emit.js';
import { GraphIndex } from './graph.js';
import { BATCH, drop, holdSteps, rows, runPart, type Held } from './held.js';
import { ChannelMeans } from './means.js';
import { roundToLeastError } from './rounding.js';
import { CovarianceSums, tapsModel, tapsOf } from './taps.js';
import type { Grid } from './ranges.js';
import type { Shapes } from './shapes.js';
import type { QuantizedWeights } from './weights.js';

/** Weights of an output channel: with more, the covariances and the descent take minutes. */
const MOST_TAPS = 1024;
/** Numbers that are gathered at once. */
const MOST_GATHERED = 2e7;

export interface LayerSettings {
  readonly rounding: 'nearest' | 'least-error';
  readonly biasCorrection: boolean;
}

export interface FinishedLayers {
  /** By weighted node's result. */
  readonly weights: ReadonlyMap<string, QuantizedWeights>;
  readonly biases: ReadonlyMap<string, Float32Array>;
  /** Results of layers whose weights were rounded to the nearest step: they have too many taps, or photos lie mixed in what they read or give. */
  readonly large: readonly string[];
}

/**
 * @param request its weights are rounded to the nearest step, its biases those of the float model
 * @param means float means by weighted node's result, over the photos of `source`
 * @param shapes of every value
 * @param done called after each layer with the layers done so far
 */
export async function finishLayers(
  request: EmitRequest,
  { rounding, biasCorrection }: LayerSettings,
  means: ReadonlyMap<string, Float64Array>,
  shapes: Shapes,
  source: PhotoSource,
  done: (layers: number) => void,
): Promise<FinishedLayers> {
  const weights = new Map(request.weights);
  const biases = new Map(request.biases);
  const large: string[] = [];
  const held = new Map<string, Held>();
  const layers = request.plan.weighted;
  const { constants } = new GraphIndex(request.model.graph);
  for (const [position, layer] of layers.entries()) {
    const [input = '', weightName = ''] = layer.input;
    const [output = ''] = layer.output;
    // What is held is cut by photos. Where the first dimension does not count them the layer stays as it is, its bias uncorrected.
    if (![input, output].every((value) => shapes.get(value)?.byPhoto === true)) {
      large.push(output);
      done(position + 1);
      continue;
    }
    const emitted = (): OnnxModel => emitQuantized({ ...request, weights, biases });
    const steps = request.names.of(input, 'q');
    const model = emitted();
    const inputs = held.get(steps) ?? (await holdSteps(model, held, source, steps));
    held.set(steps, inputs);
    const [weight, nearest, grid] = [constants.get(weightName), weights.get(output), request.grids.get(input)];
    const [wanted, bias] = [means.get(output), biases.get(output)];
    if (!weight || !nearest || !grid || !wanted || !bias) throw new Error(`nothing is known of ${output}`);
    if (rounding === 'least-error') {
      if (tapsOf(layer, weight).each > MOST_TAPS) large.push(output);
      else weights.set(output, roundToLeastError(weight, nearest, tapsOf(layer, weight), await covariances(layer, weight, grid, inputs)));
    }
    if (biasCorrection) {
      const measured = await measure(emitted(), held, source, output);
      biases.set(
        output,
        bias.map((number, channel) => number + (wanted[channel] ?? NaN) - (measured[channel] ?? NaN)),
      );
    }
    drop(
      model,
      held,
      layers.slice(position + 1).map((later) => request.names.of(later.input[0] ?? '', 'q')),
    );
    done(position + 1);
  }
  return { weights, biases, large };
}

async function covariances(layer: OnnxNode, weight: OnnxTensor, grid: Grid, held: Held): Promise<Float64Array> {
  const taps = tapsOf(layer, weight);
  const sums = new CovarianceSums(taps);
  const each = held.shape.reduce((product, side) => product * side, 1);
  const gathered = (each / (held.shape[0] ?? 1)) * taps.groups * taps.each;
  const batch = Math.max(1, Math.min(BATCH, Math.floor(MOST_GATHERED / gathered)));
  const photos = held.steps.length / each;
  await withSession(tapsModel(layer, weight, grid), { threads: THREADS }, async (session) => {
    for (let first = 0; first < photos; first += batch)
      await sums.add(
        session,
        rows(
          held,
          Array.from({ length: Math.min(batch, photos - first) }, (_, at) => first + at),
        ),
      );
  });
  return sums.covariances();
}

/** Channel means of a layer's result in float, made from what is held. */
async function measure(model: OnnxModel, held: ReadonlyMap<string, Held>, source: PhotoSource, output: string): Promise<Float64Array> {
  const means = new ChannelMeans();
  await runPart(model, held, source, output, (result, count) => means.add(floats({ [output]: result }, output), result.dims, count));
  return means.result();
}
