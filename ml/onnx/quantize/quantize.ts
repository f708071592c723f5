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
import { encodeModel, type OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import type { Runnable } from './agreement.js';
import { firstNoWorse, plainGrids } from './candidates.js';
import type { EmitRequest } from './emit.js';
import { measureErrors, type ComparedValue } from './errors.js';
import { faithfulModel, type Seen } from './faithful.js';
import { photoInput } from './feeds.js';
import type { Extent } from './histogram.js';
import { finishLayers, type LayerSettings } from './layers.js';
import { Names } from './names.js';
import { extentOf, observe, type Observations } from './observe.js';
import type { QuantizationPlan } from './plan.js';
import { chooseFreeGrid, chooseHardSwishGrid, type ChosenGrid, type RangeSettings } from './ranges.js';
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
  /** The network as it was given, which `float` was read from; left out where that is `float` itself. */
  readonly reference?: Runnable;
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
  readonly proof: Proof;
}

/** What was seen on the photos that calibrated. Errors are squared, over the variance between photos, mean over outputs. */
export interface Proof {
  /** Of the prepared float network, before anything was rounded: what float32 leaves, some 1e-9. */
  readonly prepared: number;
  /** Of the network that was made. */
  readonly error: number;
  /** Of plain quantisation, each range as it was seen and each number to the nearest step: `error` is never above it. */
  readonly plain: number;
  /** What was left out because it would have changed or worsened the network, in words. */
  readonly notes: readonly string[];
}

/** Photos that run layer by layer; their activations are held in memory, up to 0.8 MB a photo and value. */
const LAYER_PHOTOS = 128;
/** Photos that errors are measured on. */
const ERROR_PHOTOS = 16;
const HARD_SWISH_FLOOR = -3;

/**
 * @throws RangeError without photos, and where the model has no single image as its input; Problem WEIGHTS where nothing of its answers
 *   would be left.
 */
export async function quantize(float: OnnxModel, source: PhotoSource, options: QuantizeOptions): Promise<Quantized> {
  const { progress, reference, ...settings } = options;
  if (source.count === 0) throw new RangeError('no photos to calibrate with');
  const names = new Names(float.graph);
  const input = photoInput(float);
  const calibrating = (done: number): void =>
    progress({ message: 'calibrating', done: Math.ceil(done / 2), total: source.count, unit: 'photos' });
  const faithful = await faithfulModel({ float, reference, source, names, strength: settings.equalization, done: calibrating });
  const { model, plan } = faithful.best;
  const { shapes } = faithful;
  const extents = extentsOf(faithful.best);
  const layerPhotos = firstOf(source, LAYER_PHOTOS);
  const products = plan.weighted.map(({ output }) => output[0] ?? '').filter((name) => shapes.get(name)?.byPhoto === true);
  const observations = await observe({ model, source, extents, products, meanPhotos: layerPhotos.count }, (done) =>
    calibrating(source.count + done),
  );
  const chosen = await chooseGrids(plan, observations, settings);
  const request = requestFor(model, plan, chosen, names);
  const total = plan.weighted.length;
  const { weights, biases, large } =
    settings.biasCorrection || settings.rounding !== 'nearest'
      ? await finishLayers(request, settings, observations.means, shapes, layerPhotos, (done) =>
          progress({ message: 'rounding weights and correcting biases', done, total, unit: 'layers' }),
        )
      : { ...request, large: [] };
  const plainExtents = extentsOf(faithful.plain);
  const plainChosen = plainGrids(faithful.plain.plan, plainExtents);
  const candidates = [
    { request: { ...request, weights, biases }, chosen, extents, without: '' },
    { request, chosen, extents, without: 'rounding to the least error and bias correction' },
    {
      request: requestFor(faithful.plain.model, faithful.plain.plan, plainChosen, names),
      chosen: plainChosen,
      extents: plainExtents,
      without: 'anything but plain ranges',
    },
  ];
  const {
    candidate,
    model: quantized,
    error,
    plain,
    notes,
  } = await firstNoWorse(candidates, reference ?? encodeModel(float), input, source, (done) =>
    progress({ message: 'comparing INT8 with the float network', done, total: source.count, unit: 'photos' }),
  );
  const values = compared(quantized, candidate.chosen.keys(), names);
  const errors = await measureErrors(candidate.request.model, quantized, values, firstOf(source, ERROR_PHOTOS));
  return {
    model: quantized,
    values: [...candidate.chosen]
      .map(([value, { grid, by, meanSquaredError }]) => ({
        value,
        ...grid,
        by,
        meanSquaredError,
        seen: candidate.extents.get(value) ?? { min: NaN, max: NaN },
        error: errors.get(value) ?? NaN,
      }))
      .sort((a, b) => b.error - a.error),
    biasChanges: settings.biasCorrection && candidate.without === '' ? changes(request.biases, biases) : [],
    roundedToNearest: large,
    float: candidate.request.plan.float.map(({ opType, output }) => ({ op: opType, value: output[0] ?? '' })),
    proof: { prepared: faithful.error, error, plain, notes: [...faithful.notes, ...notes] },
  };
}

/** Range of each value over all its channels; before HardSwish it begins at -3. */
function extentsOf({ plan, ranges }: Seen): ReadonlyMap<string, Extent> {
  const floorOf = (name: string): number => (plan.grids.get(name) === 'hardSwish' ? HARD_SWISH_FLOOR : -Infinity);
  return new Map([...ranges].filter(([name]) => plan.grids.has(name)).map(([name, range]) => [name, extentOf(range, floorOf(name))]));
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

function requestFor(model: OnnxModel, plan: QuantizationPlan, chosen: ReadonlyMap<string, ChosenGrid>, names: Names): EmitRequest {
  const grids = new Map([...chosen].map(([name, { grid }]) => [name, grid]));
  for (const node of model.graph.node) {
    const [input = ''] = node.input;
    const grid = grids.get(input);
    if (grid === undefined) continue;
    for (const output of node.output) if (plan.grids.get(output) === 'same') grids.set(output, grid);
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
  return { model, plan, grids, weights: new Map(weights), biases: new Map(biases), names };
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
function compared({ graph }: OnnxModel, values: Iterable<string>, names: Names): ComparedValue[] {
  const made = new Set(graph.node.flatMap(({ output }) => output));
  return [...values].map((value) => ({ value, quantized: names.of(value, 'dq') })).filter(({ quantized }) => made.has(quantized));
}
