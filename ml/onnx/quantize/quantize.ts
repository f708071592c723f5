/**
 * Static INT8 quantisation of an ONNX network of convolutions and dense layers, calibrated on photos: ranges by least squared error
 * behind the activation, int8 weights per channel, uint8 activations, everything between convolutions in integers, the dense layer with
 * float result, normalisation and score in float, sequential bias correction.
 *
 * Never judge a quantised network by untrained weights, nor by the cosine of embeddings alone: random networks give all photos
 * nearly the same embedding, and cosines of it flatter.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { floatsOf } from '../build.js';
import type { OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { correctBiases } from './bias-correction.js';
import { emitQuantized, type EmitRequest } from './emit.js';
import { observe, type Observations } from './observe.js';
import { planQuantization, type QuantizationPlan } from './plan.js';
import { foldHardSigmoids } from './prepare.js';
import { chooseFreeGrid, chooseHardSwishGrid, type ChosenGrid } from './ranges.js';
import { quantizeWeights } from './weights.js';

export interface QuantizeOptions {
  readonly biasCorrection: boolean;
  readonly progress: (step: { readonly message: string; readonly done: number; readonly total: number; readonly unit: string }) => void;
}

/** How one value was quantised, for the report. */
export interface ValueReport {
  readonly value: string;
  readonly scale: number;
  readonly zeroPoint: number;
  readonly by: ChosenGrid['by'];
  readonly meanSquaredError: number | null;
  /** What calibration saw; before HardSwish not less than -3. */
  readonly seen: { readonly min: number; readonly max: number };
}

export interface Quantized {
  readonly model: OnnxModel;
  readonly values: readonly ValueReport[];
  /** Largest change that bias correction made, by layer; empty without it. */
  readonly biasChanges: readonly { readonly layer: string; readonly largest: number }[];
  /** Operators that stayed in float, with their results' names. */
  readonly float: readonly { readonly op: string; readonly value: string }[];
}

/** Photos that bias correction runs layer by layer; their activations are held in memory, up to 0.8 MB a photo and value. */
const CORRECTION_PHOTOS = 128;
const HARD_SWISH_FLOOR = -3;

/** @throws RangeError without photos. */
export async function quantize(float: OnnxModel, source: PhotoSource, { biasCorrection, progress }: QuantizeOptions): Promise<Quantized> {
  if (source.count === 0) throw new RangeError('no photos to calibrate with');
  const model = foldHardSigmoids(float);
  const plan = planQuantization(model);
  const corrected = firstOf(source, CORRECTION_PHOTOS);
  const observations = await observe(
    {
      model,
      source,
      values: new Map(
        [...plan.grids].flatMap(([name, kind]) =>
          kind === 'same' ? [] : [[name, { floor: kind === 'hardSwish' ? HARD_SWISH_FLOOR : -Infinity }]],
        ),
      ),
      products: plan.weighted.map(({ output }) => output[0] ?? ''),
      meanPhotos: corrected.count,
    },
    (done) => progress({ message: 'calibrating', done: Math.ceil(done / 2), total: source.count, unit: 'photos' }),
  );
  const chosen = await chooseGrids(plan, observations);
  const request = requestFor(model, plan, chosen);
  const total = plan.weighted.length;
  const biases = biasCorrection
    ? await correctBiases(request, observations.means, corrected, (done) =>
        progress({ message: 'correcting biases', done, total, unit: 'layers' }),
      )
    : request.biases;
  return {
    model: emitQuantized({ ...request, biases }),
    values: [...chosen].map(([value, { grid, by, meanSquaredError }]) => ({
      value,
      ...grid,
      by,
      meanSquaredError,
      seen: seenOf(observations, value),
    })),
    biasChanges: biasCorrection ? changes(request.biases, biases) : [],
    float: plan.float.map(({ opType, output }) => ({ op: opType, value: output[0] ?? '' })),
  };
}

async function chooseGrids(plan: QuantizationPlan, { histograms }: Observations): Promise<Map<string, ChosenGrid>> {
  const chosen = new Map<string, ChosenGrid>();
  for (const [name, kind] of plan.grids) {
    const histogram = histograms.get(name);
    // Each search takes tens of milliseconds: others in the process get their turn in between.
    await turn();
    if (histogram !== undefined) chosen.set(name, kind === 'hardSwish' ? chooseHardSwishGrid(histogram) : chooseFreeGrid(histogram));
  }
  return chosen;
}

function requestFor(model: OnnxModel, plan: QuantizationPlan, chosen: ReadonlyMap<string, ChosenGrid>): EmitRequest {
  const grids = new Map([...chosen].map(([name, { grid }]) => [name, grid]));
  for (const node of model.graph.node) {
    const [input = ''] = node.input;
    const [output = ''] = node.output;
    const grid = grids.get(input);
    if (plan.grids.get(output) === 'same' && grid !== undefined) grids.set(output, grid);
  }
  const constants = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const weights: [string, ReturnType<typeof quantizeWeights>][] = [];
  const biases: [string, Float32Array][] = [];
  for (const { input, output } of plan.weighted) {
    const [x = '', w = '', b = ''] = input;
    const [weight, bias, grid] = [constants.get(w), constants.get(b), grids.get(x)];
    if (weight === undefined || bias === undefined || grid === undefined) throw new Error(`${output[0]} has no weights or no grid`);
    biases.push([output[0] ?? '', floatsOf(bias)]);
    weights.push([output[0] ?? '', quantizeWeights(weight, floatsOf(bias), grid.scale)]);
  }
  return { model, plan, grids, weights: new Map(weights), biases: new Map(biases) };
}

function seenOf({ histograms }: Observations, value: string): { min: number; max: number } {
  const extent = histograms.get(value)?.extent;
  return { min: extent?.min ?? NaN, max: extent?.max ?? NaN };
}

function changes(before: ReadonlyMap<string, Float32Array>, after: ReadonlyMap<string, Float32Array>): Quantized['biasChanges'] {
  return [...before].map(([layer, bias]) => {
    const now = after.get(layer);
    return { layer, largest: bias.reduce((most, number, channel) => Math.max(most, Math.abs(number - (now?.[channel] ?? NaN))), 0) };
  });
}

function firstOf(source: PhotoSource, count: number): PhotoSource {
  return { ...source, count: Math.min(count, source.count) };
}
