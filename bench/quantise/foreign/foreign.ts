/**
 * The part `foreign`: networks of torchvision and timm, exported by both of torch's exporters, quantised by us and by Python's onnxruntime on the same
 * photos. Their weights are seeded: compare two errors of a row, never two rows.
 */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { decodeModel } from '../../../ml/onnx/messages.js';
import { compareOutputs, relativeError } from '../../../ml/onnx/quantize/agreement.js';
import { photoInput } from '../../../ml/onnx/quantize/feeds.js';
import { median } from '../../../ml/ranking/median.js';
import { lastWords, runJson } from '../../measure.js';
import { peerPython, WORKPLACE } from '../../peers.js';
import { NOTHING, type Findings, type Process } from '../../report.js';
import { CROP, inMemory, type BenchPhotos } from '../photos.js';
import type { Note, QuantiseOptions } from '../quantise.js';

const OURS = fileURLToPath(new URL('our-foreign.js', import.meta.url));
const TIMER = fileURLToPath(new URL('../our-latency.js', import.meta.url));
const python = (name: string): string => fileURLToPath(new URL(`../../../../bench/quantise/foreign/${name}.py`, import.meta.url));

/** In export_networks.py. */
export const NETWORKS = [
  'mobilenet_v2',
  'mobilenet_v3_small',
  'squeezenet',
  'shufflenet_v2',
  'resnet18',
  'mnasnet',
  'regnet_y_400mf',
  'efficientnet_b0',
  'efficientnet_lite0',
  'unet',
] as const;
const EXPORTERS = ['torchscript', 'dynamo'] as const;
/** Photos: more of them would take the whole part beyond a quarter of an hour. */
const CALIBRATE = 32;
const TEST = 24;
const FLOATS = 3 * CROP * CROP;
const ENVIRONMENT = { OMP_NUM_THREADS: '2' };

const Made = z.object({ seconds: z.number(), versions: z.record(z.string(), z.string()) });
const Exported = z.object({ versions: z.record(z.string(), z.string()) });
const Times = z.object({ floatMs: z.number(), int8Ms: z.number() });

type What = 'Error' | 'Latency' | 'Size' | 'Seconds';
const nameOf = (network: string, exporter: string, what: What): string => `${network}-${exporter}${what}`;

/** Ours at most theirs, in every row; seconds are only told. */
export const FOREIGN_LIMITS: Readonly<Record<string, number>> = Object.fromEntries(
  NETWORKS.flatMap((network) =>
    EXPORTERS.flatMap((exporter) => (['Error', 'Latency', 'Size'] as const).map((what) => [nameOf(network, exporter, what), 1] as const)),
  ),
);

export async function measureForeign(photos: BenchPhotos, options: QuantiseOptions, note: Note): Promise<Findings> {
  const peer = await peerPython('foreign', note);
  if (peer.python === null) return { ...NOTHING, missing: { foreign: peer.why } };
  const folder = join(WORKPLACE, 'foreign-networks');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const calibrate = join(folder, 'calibrate.f32');
  const calibrating = photos.calibrate.subarray(0, CALIBRATE * FLOATS);
  await writeFile(calibrate, new Uint8Array(calibrating.buffer, calibrating.byteOffset, calibrating.byteLength));
  const test = photos.test.subarray(0, Math.min(TEST, photos.names.test.length) * FLOATS);
  const found = { ratios: {}, shares: {}, medians: {}, missing: {}, processes: {} } satisfies Partial<Findings>;
  const into: Sink = found;
  try {
    for (const network of options.networks ?? NETWORKS) {
      note(`${network}: exporting`);
      try {
        const { versions } = Exported.parse(
          await runJson(peer.python, [python('export_networks'), calibrate, String(CROP), folder, network], ENVIRONMENT),
        );
        into.processes['exporter'] = { versions, environment: ENVIRONMENT };
      } catch (error) {
        into.missing[network] = `not exported: ${lastWords(error)}`;
        continue;
      }
      for (const exporter of EXPORTERS)
        await measureOne({ folder, network, exporter, calibrate, test, python: peer.python }, options, into, note);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { ...NOTHING, ...found };
}

interface Sink {
  readonly ratios: Record<string, number>;
  readonly shares: Record<string, number>;
  readonly medians: Record<string, number>;
  readonly missing: Record<string, string>;
  readonly processes: Record<string, Process>;
}

interface One {
  readonly folder: string;
  readonly network: string;
  readonly exporter: (typeof EXPORTERS)[number];
  readonly calibrate: string;
  /** [N, 3, 224, 224]; none of them calibrates. */
  readonly test: Float32Array;
  readonly python: string;
}

async function measureOne(
  { folder, network, exporter, calibrate, test, python: program }: One,
  { rounds, runs }: QuantiseOptions,
  into: Sink,
  note: Note,
): Promise<void> {
  const title = `${network}-${exporter}`;
  const float = join(folder, `${title}.onnx`);
  const [ours, theirs] = [join(folder, `${title}-ours.onnx`), join(folder, `${title}-python.onnx`)];
  const contestants = {
    ours: { program: process.execPath, words: [OURS, float, calibrate, ours] },
    python: { program, words: [python('quantise_static'), float, calibrate, String(CROP), theirs] },
  };
  const seconds: Record<string, number> = {};
  for (const [by, { program: runner, words }] of Object.entries(contestants)) {
    note(`${title}: ${by} quantises`);
    try {
      const made = Made.parse(await runJson(runner, words, ENVIRONMENT));
      seconds[by] = made.seconds;
      into.processes[`foreign ${by}`] = { versions: made.versions, environment: ENVIRONMENT };
    } catch (error) {
      into.missing[`${title} ${by}`] = `failed: ${lastWords(error)}`;
      return;
    }
  }
  const name = (what: What): string => nameOf(network, exporter, what);
  const models = [decodeModel(await readFile(ours)), decodeModel(await readFile(theirs))];
  const source = inMemory(test);
  const errors = (await compareOutputs(float, models, photoInput(decodeModel(await readFile(float))), source)).map(relativeError);
  const [ourError = NaN, theirError = NaN] = errors;
  into.shares[`${name('Error')}Ours`] = ourError;
  into.shares[`${name('Error')}Python`] = theirError;
  into.ratios[name('Error')] = ourError / theirError;
  const times: z.infer<typeof Times>[] = [];
  for (let round = 1; round <= rounds; round++) {
    note(`${title}: round ${round} of ${rounds}`);
    times.push(Times.parse(await runJson(process.execPath, [TIMER, theirs, ours, String(runs)])));
  }
  into.ratios[name('Latency')] = median(times.map(({ floatMs, int8Ms }) => int8Ms / floatMs));
  into.medians[`${name('Latency')}OursMs`] = median(times.map(({ int8Ms }) => int8Ms));
  into.medians[`${name('Latency')}PythonMs`] = median(times.map(({ floatMs }) => floatMs));
  into.ratios[name('Size')] = (await stat(ours)).size / (await stat(theirs)).size;
  into.ratios[name('Seconds')] = (seconds['ours'] ?? NaN) / (seconds['python'] ?? NaN);
}
