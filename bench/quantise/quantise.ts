/** `npm run bench -- quantise`: our static INT8 beside Python onnxruntime's, on the same networks and photos, and what each number must reach. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { peerPython, WORKPLACE } from '../peers.js';
import { joined, NOTHING, type Findings, type Process } from '../report.js';
import { measureQuality } from './agreement.js';
import { FOREIGN_LIMITS, measureForeign } from './foreign/foreign.js';
import { measureLatency } from './latency.js';
import { makeModels, type Models } from './models.js';
import { readPhotos, type BenchPhotos } from './photos.js';
import { measureStructure } from './structure.js';

export interface QuantiseOptions {
  /** Fresh processes that time each network. */
  readonly rounds: number;
  /** Timed photos of each process. */
  readonly runs: number;
  /** A folder of photos. */
  readonly photos?: string;
  /** Minimalistic weights whose batch norm is folded. */
  readonly weights?: string;
  /** Of others, in the part `foreign`; all where it is left out. */
  readonly networks?: readonly string[];
  /** Names of parts; all but `foreign` where it is left out. */
  readonly only?: readonly string[];
}

export type Note = (text: string) => void;
type Part = (models: Models, photos: BenchPhotos, options: QuantiseOptions, note: Note) => Promise<Findings>;

const OWN_PARTS: Readonly<Record<string, Part>> = {
  quality: (models, photos, _, note) => measureQuality(models, photos, note),
  structure: (models) => measureStructure(models),
  latency: (models, _, options, note) => measureLatency(models, options, note),
};

export const PARTS = [...Object.keys(OWN_PARTS), 'foreign'];

/** Ratios, shares and medians may be at most this, qualities at least. */
export const LIMITS: Readonly<Record<string, number>> = {
  oursCosineMedian: 0.9965,
  oursCosineFifth: 0.993,
  oursErrorOverVariance: 0.012,
  oursDegradedOrder: 0.994,
  oursAllOrder: 0.978,
  oursSize: 0.275,
  oursSeconds: 60,
  oursLatencyRelu: 0.65,
  oursLatencyFull: 0.77,
  oursFloatConvs: 0,
  oursFullFloatConvs: 0,
  oursTransposes: 2,
  oursFullTransposes: 2,
  ...FOREIGN_LIMITS,
};

export async function benchQuantise(options: QuantiseOptions, note: Note): Promise<Findings> {
  if (options.photos === undefined) return { ...NOTHING, missing: { quantise: 'needs photos: --photos DIR' } };
  const photos = await readPhotos(options.photos);
  const own = Object.keys(OWN_PARTS).filter((name) => options.only?.includes(name) ?? true);
  const found = own.length === 0 ? NOTHING : await measureOwn(own, photos, options, note);
  return options.only?.includes('foreign') === true ? joined([found, await measureForeign(photos, options, note)]) : found;
}

async function measureOwn(parts: readonly string[], photos: BenchPhotos, options: QuantiseOptions, note: Note): Promise<Findings> {
  const { weights } = options;
  if (weights === undefined) return { ...NOTHING, missing: { quantise: 'needs weights of a network: --weights FILE' } };
  const folder = join(WORKPLACE, 'quantise');
  try {
    const models = await makeModels(folder, { photos, weights, peer: await peerPython('onnxruntime', note) }, note);
    const found: Findings[] = [{ ...NOTHING, missing: models.missing, processes: processesOf(models) }];
    for (const name of parts) found.push((await OWN_PARTS[name]?.(models, photos, options, note)) ?? NOTHING);
    return joined(found);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function processesOf({ quantised }: Models): Readonly<Record<string, Process>> {
  return Object.fromEntries(quantised.map(({ by, versions }) => [by, { versions, environment: {} }]));
}
