/** `emo-aen quantise`: any ONNX network of convolutions and dense layers as static INT8, calibrated on a folder of photos. */
import { access, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { Problem } from '../configs/problem.js';
import { fromSystemError } from '../configs/system-error.js';
import { writeFileAtomically } from '../ml/files/atomic.js';
import type { ViewSettings } from '../ml/images/augment.js';
import { photosIn } from '../ml/images/sample-sources.js';
import { ModelFacts } from '../ml/onnx/facts.js';
import { encodeModel, type OnnxModel } from '../ml/onnx/messages.js';
import { drawSpread, photosOf, type FolderPhotos } from '../ml/onnx/quantize/calibration.js';
import { readForeign, type ForeignModel } from '../ml/onnx/foreign/read-foreign.js';
import { floatTime, type FloatTime } from '../ml/onnx/quantize/float-time.js';
import { BEST, quantize, type Quantized } from '../ml/onnx/quantize/quantize.js';
import { RANGE_METHODS, type RangeMethod } from '../ml/onnx/quantize/ranges.js';
import { action, command, withExamples } from './command.js';

interface QuantiseOptions {
  readonly calibrate: string;
  readonly output: string;
  readonly size?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly photos: number;
  readonly seed: number;
  readonly ranges: RangeMethod;
  readonly force?: boolean;
}

/** With fewer, there is no spread between photos to calibrate on. */
const FEWEST_PHOTOS = 2;
const PHOTO_FILE = /\.(jpe?g|png|webp|tiff?|avif)$/i;
/** ImageNet's, which torchvision's weights expect. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const USUAL_SIZE = 224;
/** Photos are resized to 256 for a crop of 224. */
const RESIZE_OVER_CROP = 256 / 224;
const ROWS_SHOWN = 10;

export const quantiseCommand = withExamples(
  command('quantise <model>', 'make static INT8 of an ONNX network, calibrated on photos')
    .requiredOption('--calibrate <dir>', 'folder of photos like those that the network will see')
    .requiredOption('-o, --output <file>', 'where the INT8 network is written')
    .option('--size <px>', `side of the input (default: what the model says, else ${USUAL_SIZE})`, counting)
    .option(
      '--mean <r,g,b>',
      `subtracted from colours in [0, 1] (default: the model's own, else ImageNet's ${IMAGENET.mean.join()})`,
      triple,
    )
    .option('--std <r,g,b>', `divided by (default: the model's own, else ImageNet's ${IMAGENET.std.join()})`, positiveTriple)
    .option('--photos <n>', 'use at most so many, spread over the folder', counting, 128)
    .option('--seed <n>', 'which of them', seedOf, 0)
    .addOption(new Option('--ranges <how>', 'how ranges of activations are chosen').choices(RANGE_METHODS).default(BEST.ranges))
    .option('--force', 'replace the output where it exists')
    .action(
      action<QuantiseOptions>(async (terminal, options, [path = '']) => {
        const where = resolve(terminal.root, path);
        const output = resolve(terminal.root, options.output);
        if (options.force !== true) await insistOnNothing(output);
        const bytes = await readFile(where).catch((error: unknown) => Promise.reject(fromSystemError(error, where)));
        const foreign = await readForeign(bytes, where);
        const view = viewOf(foreign, options);
        const photos = await photosToCalibrate(resolve(terminal.root, options.calibrate), view, options);
        for (const problem of photos.refused) terminal.note(`left out: ${problem.describe()}`);
        let told = '';
        const quantized = await quantize(foreign.model, photos.source, {
          ...BEST,
          ranges: options.ranges,
          reference: foreign.reference,
          progress: ({ message }) => {
            if (message !== told) terminal.note(message);
            told = message;
          },
        });
        const made = encodeModel(quantized.model);
        await writeFileAtomically(output, made);
        const facts = {
          output,
          bytes: made.length,
          sizeShare: Number((made.length / wholeBytes(foreign, bytes)).toFixed(4)),
          input: { ...foreign.input, size: view.crop, mean: view.mean, std: view.std },
          photos: photos.files.length,
          refused: photos.refused,
          float: quantized.float,
          floatTime: await floatTime(quantized.model, photos.source),
          roundedToNearest: quantized.roundedToNearest,
          proof: quantized.proof,
          values: quantized.values,
        };
        terminal.answer(facts, inWords(facts, quantized));
      }),
    ),
  {
    'emo-aen quantise net.onnx --calibrate photos -o net-int8.onnx': 'calibrated on up to 128 photos of the folder',
    'emo-aen quantise net.onnx --calibrate photos --mean .5,.5,.5 --std .5,.5,.5 -o net-int8.onnx':
      'for a network that was trained on [-1, 1]',
  },
);

/** Of the float network, weights in other files included. */
function wholeBytes({ model, reference }: ForeignModel, bytes: Uint8Array): number {
  return reference === bytes ? bytes.length : encodeModel(model).length;
}

async function insistOnNothing(output: string): Promise<void> {
  const there = await access(output).then(
    () => true,
    () => false,
  );
  if (there)
    throw new Problem({ code: 'CONFLICT', message: 'is there already', where: output, cure: 'name another file with -o, or add --force' });
}

/** Preprocessing as a model of this project says, or as the options do. */
function viewOf({ model, input }: ForeignModel, { size, mean, std }: QuantiseOptions): ViewSettings {
  const own = preprocessingOf(model);
  const crop = size ?? input.height ?? own?.crop ?? USUAL_SIZE;
  if (input.height !== null && crop !== input.height)
    throw new Problem({
      code: 'USAGE',
      message: `the model takes ${input.height} px, not ${crop}`,
      where: '--size',
      cure: 'leave --size out',
    });
  return {
    crop,
    size: own !== null && own.crop === crop ? own.size : Math.round(crop * RESIZE_OVER_CROP),
    mean: mean ?? own?.mean ?? IMAGENET.mean,
    std: std ?? own?.std ?? IMAGENET.std,
  };
}

function preprocessingOf({ metadataProps }: OnnxModel): ModelFacts['preprocessing'] | null {
  const text = metadataProps.find(({ key }) => key === 'preprocessing')?.value;
  if (text === undefined || !metadataProps.some(({ key, value }) => key === 'format' && value === 'emo-aen')) return null;
  return ModelFacts.shape.preprocessing.parse(JSON.parse(text));
}

async function photosToCalibrate(folder: string, view: ViewSettings, { photos, seed }: QuantiseOptions): Promise<FolderPhotos> {
  const files = (await photosIn(folder, '--calibrate')).map(({ path }) => path).filter((path) => PHOTO_FILE.test(path));
  const found = await photosOf(drawSpread(files, photos, seed), view);
  if (found.files.length >= FEWEST_PHOTOS) return found;
  throw new Problem({
    code: 'DATASET',
    message: `${found.files.length === 0 ? 'no photo' : 'one photo'} to calibrate with${found.refused.length > 0 ? `, ${found.refused.length} could not be read` : ''}`,
    where: folder,
    cure: `name a folder with at least ${FEWEST_PHOTOS} photos with --calibrate; 64 and more are sound`,
  });
}

function inWords(
  facts: { readonly output: string; readonly sizeShare: number; readonly photos: number; readonly floatTime: readonly FloatTime[] },
  { values, float, proof }: Quantized,
): string {
  const worst = values.slice(0, ROWS_SHOWN).map(({ value, seen, error }) => {
    const range = `${seen.min.toPrecision(3)} to ${seen.max.toPrecision(3)}`;
    return `  ${error.toExponential(1).padEnd(9)} ${range.padEnd(22)} ${value}`;
  });
  const left = float.length === 0 ? 'nothing' : float.map(({ op, value }) => `${op} (${value})`).join(', ');
  return [
    `${facts.output}: ${(facts.sizeShare * 100).toFixed(1)} % of the float network's size, calibrated on ${facts.photos} photos`,
    `error over variance on these photos: ${proof.error.toPrecision(2)} (by plain quantisation: ${proof.plain.toPrecision(2)})`,
    ...proof.notes.map((note) => `note: ${note}`),
    'worst values: error over variance, range, name',
    ...worst,
    `left in float: ${left}`,
    `time in float: ${inPercent(sumOf(facts.floatTime))} of a photo's${facts.floatTime.length === 0 ? '' : ` (${facts.floatTime.map(({ op, share }) => `${op} ${inPercent(share)}`).join(', ')})`}`,
  ].join('\n');
}

function sumOf(times: readonly FloatTime[]): number {
  return times.reduce((sum, { share }) => sum + share, 0);
}

function inPercent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function counting(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 on is needed');
  return number;
}

function triple(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.length !== 3 || !numbers.every(Number.isFinite))
    throw new InvalidArgumentError('three numbers with commas between are needed');
  return numbers;
}

function positiveTriple(text: string): number[] {
  const numbers = triple(text);
  if (!numbers.every((number) => number > 0)) throw new InvalidArgumentError('numbers above 0 are needed');
  return numbers;
}

function seedOf(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('a whole number from 0 on is needed');
  return number;
}
