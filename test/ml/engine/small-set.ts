/** A photo set that fits into a test: tiny squares, where the good photo of a pair is a gradient and the bad one the same with noise over it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LossSettings } from '../../../configs/schema/losses.js';
import type { CacheIndex, Photo, Split } from '../../../configs/schema/photos.js';
import { TrainSettings } from '../../../configs/schema/train.js';
import { CATALOG, type SettingsOf } from '../../../configs/schema/catalog.js';
import { metadataTexts } from '../../../ml/engine/checkpoint.js';
import type { EvaluateJob, TrainJob } from '../../../ml/engine/jobs/protocol.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { initialise } from '../../../ml/network/initialise.js';
import { describeNetwork } from '../../../ml/network/network.js';
import { Draws } from '../../../ml/random/philox.js';
import { OF_RANDOM_WEIGHTS, settle } from '../../../ml/weights/conventions.js';
import { writeSafetensors } from '../../../ml/weights/safetensors.js';

const SIZE = 36;
export const CROP = 32;

export interface SmallSet {
  readonly index: CacheIndex;
  readonly cacheIndex: string;
  readonly cache: string;
}

/** Writes cache and index for `pairs` pairs a split. `scored` gives the training photos people's scores. */
export async function writeSmallSet(
  folder: string,
  pairs: Readonly<Record<Split, number>>,
  { scored = false, poison = false }: { readonly scored?: boolean; readonly poison?: boolean } = {},
): Promise<SmallSet> {
  await mkdir(folder, { recursive: true });
  const photos: Photo[] = [];
  const squares: Uint8Array[] = [];
  for (const split of ['train', 'val', 'test'] as const)
    for (let pair = 0; pair < pairs[split]; pair++)
      for (const label of ['good', 'bad'] as const) {
        const score = scored && split === 'train' ? (label === 'good' ? 0.8 : 0.2) : null;
        const file = `${split}/${label}/${pair}.png`;
        photos.push({ file, folder: split, label, split, sha256: '0'.repeat(64), width: SIZE, height: SIZE, score });
        squares.push(square(photos.length, label === 'bad'));
      }
  const cache = join(folder, 'photos.cache');
  await writeFile(cache, Buffer.concat(squares));
  const index: CacheIndex = {
    version: 1,
    dataset: {
      version: 2,
      hash: 'ab'.repeat(32),
      root: 'training_files',
      synthetic: true,
      pairing: 'by-name',
      limit: 64,
      weights: {},
      photos,
    },
    size: SIZE,
    crop: CROP,
    mean: [0.485, 0.456, 0.406],
    std: poison ? [1e-38, 1e-38, 1e-38] : [0.229, 0.224, 0.225],
    augment: { flip: 0.5, brightness: 0.1, contrast: 0.1, rotation: 5 },
    cacheSha256: (await hashFile(cache)).sha256,
  };
  const cacheIndex = join(folder, 'cache.json');
  await writeFile(cacheIndex, JSON.stringify(index));
  return { index, cacheIndex, cache };
}

function square(number: number, noisy: boolean): Uint8Array {
  const draws = new Draws('degrade', { seed: 1, epoch: 0, index: number });
  const [dx, dy, base] = [draws.between(-2, 2), draws.between(-2, 2), draws.between(80, 170)];
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    const value = base + dx * (pixel % SIZE) + dy * Math.floor(pixel / SIZE) + (noisy ? draws.between(-60, 60) : 0);
    return Math.max(0, Math.min(255, Math.round(value)));
  });
}

/** The defaults of the method with few epochs and a narrow head; the minimalistic backbone, because it is the quicker one. */
export function smallSettings(changes: Partial<SettingsOf<'train'>> = {}): SettingsOf<'train'> {
  return {
    seed: 3,
    environment: { device: 'cpu', threads: 1, engine: 'graph', minMemory: 0, minDisk: 0 },
    model: {
      backbone: 'mobilenet_v3_large_minimalistic',
      embedding: 16,
      regression: 'auto',
      padding: 'symmetric',
      batchNorm: { mode: 'trained', momentum: 0.3, epsilon: 0.001 },
      weights: { source: null, sha256: null, onUnavailable: 'random' },
    },
    loss: LossSettings.parse({ regressionWeight: 0.2 }),
    optimizer: { lr: 1e-3, weightDecay: 1e-4, decay: 'weights', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    schedule: { epochs: 3, warmupEpochs: 1, minLr: 0 },
    loop: { pairs: 4, accumulate: 1, clip: 5, mixedPrecision: 'auto', explosion: { loss: 1000, gradNorm: 1e6 }, stallSeconds: 60 },
    earlyStopping: { points: 0.5, evaluations: 5 },
    checkpoints: { everyEpochs: 2, everySteps: null, everyMinutes: 10, keep: 2 },
    log: { everySteps: 2 },
    ...changes,
  };
}

/** The initial checkpoint of `settings` in `folder`/checkpoints, and the job that trains it on `set`. */
export async function trainJob(folder: string, set: SmallSet, settings: SettingsOf<'train'>): Promise<TrainJob> {
  const network = describeNetwork(settle(settings.model, OF_RANDOM_WEIGHTS).spec);
  const checkpoints = join(folder, 'checkpoints');
  const initialCheckpoint = join(checkpoints, 'initial.safetensors');
  await writeSafetensors(
    initialCheckpoint,
    initialise(network, settings.seed),
    metadataTexts({ network: network.spec, weights: 'random', seed: settings.seed, trained: null }),
  );
  const initialSha256 = (await hashFile(initialCheckpoint)).sha256;
  const { cacheIndex, cache } = set;
  const metrics = join(folder, 'logs', 'metrics.jsonl');
  return {
    kind: 'train',
    cacheIndex,
    cache,
    cacheSha256: (await hashFile(cacheIndex)).sha256,
    initialCheckpoint,
    initialSha256,
    checkpoints,
    metrics,
    settings: CATALOG.train.settings.parse(settings),
  };
}

export function evaluateJob(set: SmallSet, checkpoint: string, settings: SettingsOf<'train'>): EvaluateJob {
  const evaluation = TrainSettings.shape.evaluation.parse({ confidence: 0.95, latencyRuns: 3 });
  const { environment, loss, loop } = settings;
  const { cacheIndex, cache } = set;
  return {
    kind: 'evaluate',
    cacheIndex,
    cache,
    checkpoint,
    checkpointSha256: 'cd'.repeat(32),
    settings: { environment, loss, loop, evaluation },
  };
}
