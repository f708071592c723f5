/**
 * Static INT8 quantisation of an ONNX network of convolutions and dense layers, calibrated on photos: channels equalised, ranges by
 * least squared error behind the activation, int8 weights per channel rounded for the least error of the layer, uint8 activations, everything between
 * convolutions in integers, the dense layer with float result, normalisation and score in float, sequential bias correction.
 *
 * Never judge a quantised network by untrained weights, nor by the cosine of embeddings alone: random networks give all photos
 * nearly the same embedding, and cosines of it flatter.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { floatsOf } from '../build.js';
import type { OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { dequantizedOf, emitQuantized, type EmitRequest } from './emit.js';
import { equalize } from './equalize.js';
import { measureErrors, type ComparedValue } from './errors.js';
import { finishLayers, type LayerSettings } from './layers.js';
import { extentOf, observe, observeChannels, type Observations } from './observe.js';
import { planQuantization, type QuantizationPlan } from './plan.js';
import { prepareModel } from './prepare.js';
import { chooseFreeGrid, chooseHardSwishGrid, type ChosenGrid, type RangeSettings } from './ranges.js';
import { separateSkips } from './skips.js';
import { quantizeWeights } from './weights.js';

export interface QuantizeSettings extends RangeSettings, LayerSettings {
  /** 0 to 1: how alike the ranges of a value's channels are made. */
  readonly equalization: number;
}

/** What was measured to be best (docs/quantisation.md). */
export const BEST: QuantizeSettings = {
  ranges: 'least-squares',
  percentile: 0.9999,
  equalization: 0.5,
  rounding: 'least-error',
  biasCorrection: true,
};

export interface QuantizeOptions extends QuantizeSettings {
  readonly progress: (step: { readonly message: string; readonly done: number; readonly total: number; readonly unit: string }) => void;
}

/** How one value was quantised, for the report. */
export interface ValueReport {
  readonly value: string;
  readonly scale: number;
  readonly zeroPoint: number;
  readonly by: ChosenGrid['by'];
  readonly meanSquaredError: number | null;
  /** What calibration saw, channels scaled; before HardSwish not less than -3. */
  readonly seen: { readonly min: number; readonly max: number };
  /** Squared error of the integer network's value over the variance of the float one's, errors before it included. */
  readonly error: number;
}

export interface Quantized {
  readonly model: OnnxModel;
  /** The worst first. */
  readonly values: readonly ValueReport[];
  /** Largest change that bias correction made, by layer; empty without it. */
  readonly biasChanges: readonly { readonly layer: string; readonly largest: number }[];
  /** Results of layers that are too large for rounding to the least error, and were rounded to the nearest step. */
  readonly roundedToNearest: readonly string[];
  /** Operators that stayed in float, with their results' names. */
  readonly float: readonly { readonly op: string; readonly value: string }[];
}

/** Photos that run layer by layer; their activations are held in memory, up to 0.8 MB a photo and value. */
const LAYER_PHOTOS = 128;
/** Photos that errors are measured on. */
const ERROR_PHOTOS = 16;
const HARD_SWISH_FLOOR = -3;

/** @throws RangeError without photos, and where the model has no single image as its input. */
export async function quantize(float: OnnxModel, source: PhotoSource, { progress, ...settings }: QuantizeOptions): Promise<Quantized> {
  if (source.count === 0) throw new RangeError('no photos to calibrate with');
  const prepared = prepareModel(float);
  const folded = settings.equalization > 0 ? separateSkips(prepared) : prepared;
  const plan = planQuantization(folded);
  const names = [...plan.grids].flatMap(([name, kind]) => (kind === 'same' ? [] : [name]));
  const calibrating = (done: number): void =>
    progress({ message: 'calibrating', done: Math.ceil(done / 2), total: source.count, unit: 'photos' });
  const seen = await observeChannels(folded, source, names, calibrating);
  const { model, ranges } = equalize(folded, seen, settings.equalization);
  const floorOf = (name: string): number => (plan.grids.get(name) === 'hardSwish' ? HARD_SWISH_FLOOR : -Infinity);
  const extents = new Map([...ranges].map(([name, range]) => [name, extentOf(range, floorOf(name))]));
  const layerPhotos = firstOf(source, LAYER_PHOTOS);
  const products = plan.weighted.map(({ output }) => output[0] ?? '');
  const observations = await observe({ model, source, extents, products, meanPhotos: layerPhotos.count }, (done) =>
    calibrating(source.count + done),
  );
  const chosen = await chooseGrids(plan, observations, settings);
  const request = requestFor(model, plan, chosen);
  const total = plan.weighted.length;
  const { weights, biases, large } =
    settings.biasCorrection || settings.rounding !== 'nearest'
      ? await finishLayers(request, settings, observations.means, layerPhotos, (done) =>
          progress({ message: 'rounding weights and correcting biases', done, total, unit: 'layers' }),
        )
      : { ...request, large: [] };
  const quantized = emitQuantized({ ...request, weights, biases });
  const errors = await measureErrors(model, quantized, compared(quantized, chosen.keys()), firstOf(source, ERROR_PHOTOS));
  return {
    model: quantized,
    values: [...chosen]
      .map(([value, { grid, by, meanSquaredError }]) => ({
        value,
        ...grid,
        by,
        meanSquaredError,
        seen: extents.get(value) ?? { min: NaN, max: NaN },
        error: errors.get(value) ?? NaN,
      }))
      .sort((a, b) => b.error - a.error),
    biasChanges: settings.biasCorrection ? changes(request.biases, biases) : [],
    roundedToNearest: large,
    float: plan.float.map(({ opType, output }) => ({ op: opType, value: output[0] ?? '' })),
  };
}

async function chooseGrids(
  plan: QuantizationPlan,
  { histograms }: Observations,
  settings: RangeSettings,
): Promise<Map<string, ChosenGrid>> {
  const chosen = new Map<string, ChosenGrid>();
  for (const [name, kind] of plan.grids) {
    const histogram = histograms.get(name);
    // Each search takes tens of milliseconds: others in the process get their turn in between.
    await turn();
    if (histogram !== undefined)
      chosen.set(name, kind === 'hardSwish' ? chooseHardSwishGrid(histogram, settings) : chooseFreeGrid(histogram, settings));
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

function changes(before: ReadonlyMap<string, Float32Array>, after: ReadonlyMap<string, Float32Array>): Quantized['biasChanges'] {
  return [...before].map(([layer, bias]) => {
    const now = after.get(layer);
    return { layer, largest: bias.reduce((most, number, channel) => Math.max(most, Math.abs(number - (now?.[channel] ?? NaN))), 0) };
  });
}

function firstOf(source: PhotoSource, count: number): PhotoSource {
  return { ...source, count: Math.min(count, source.count) };
}

/** Values that something reads in their dequantised form; the input is its own. */
function compared({ graph }: OnnxModel, values: Iterable<string>): ComparedValue[] {
  const made = new Set(graph.node.flatMap(({ output }) => output));
  return [...values].map((value) => ({ value, quantized: dequantizedOf(value) })).filter(({ quantized }) => made.has(quantized));
}
