/** A photo cache of made squares, the full network's first weights, and the training job over them: what the activities hand to a run. */
import { randomFillSync } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG } from '../../configs/schema/catalog.js';
import type { CacheIndex, Photo } from '../../configs/schema/photos.js';
import { metadataTexts } from '../../ml/engine/checkpoint.js';
import type { TrainJob } from '../../ml/engine/jobs/protocol.js';
import { hashFile, writeJsonAtomically } from '../../ml/files/atomic.js';
import { initialise } from '../../ml/network/initialise.js';
import { writeSafetensors } from '../../ml/weights/safetensors.js';
import { DEFAULTS, NETWORK, PREPROCESS, THREADS } from './settings.js';

export interface SetSize {
  readonly epochs: number;
  /** Of an epoch. */
  readonly steps: number;
  readonly validationPairs: number;
}

/** Writes everything into `folder`. The settings are the method's own; random weights, and no early stopping, since noise teaches nothing. */
export async function madeJob(folder: string, { epochs, steps, validationPairs }: SetSize): Promise<TrainJob> {
  const { schedule, earlyStopping, environment, loop } = DEFAULTS;
  const settings = CATALOG.train.settings.strip().parse({
    ...DEFAULTS,
    environment: { ...environment, device: 'cpu', threads: THREADS },
    schedule: { ...schedule, epochs, warmupEpochs: 1 },
    earlyStopping: { ...earlyStopping, evaluations: epochs },
  });
  await mkdir(folder, { recursive: true });
  const photos = [...madePhotos('train', steps * loop.pairs), ...madePhotos('val', validationPairs)];
  const cache = join(folder, 'photos.cache');
  await writeNoise(cache, photos.length);
  const cacheIndex = join(folder, 'cache.json');
  await writeJsonAtomically(cacheIndex, indexOf(photos, (await hashFile(cache)).sha256));
  const initialCheckpoint = join(folder, 'initial.safetensors');
  const metadata = metadataTexts({ network: NETWORK.spec, weights: 'random', seed: settings.seed, trained: null });
  await writeSafetensors(initialCheckpoint, initialise(NETWORK, settings.seed), metadata);
  return {
    kind: 'train',
    cacheIndex,
    cache,
    cacheSha256: (await hashFile(cacheIndex)).sha256,
    initialCheckpoint,
    initialSha256: (await hashFile(initialCheckpoint)).sha256,
    checkpoints: join(folder, 'checkpoints'),
    metrics: join(folder, 'metrics.jsonl'),
    settings,
  };
}

function madePhotos(split: Photo['split'], pairs: number): Photo[] {
  const { resize } = PREPROCESS;
  const square = { folder: split, split, sha256: '0'.repeat(64), width: resize, height: resize, score: null };
  return Array.from({ length: pairs }, (_, pair) => pair).flatMap((pair) =>
    (['good', 'bad'] as const).map((label) => ({ ...square, label, file: `${split}/${label}/${pair}.png` })),
  );
}

function indexOf(photos: Photo[], cacheSha256: string): CacheIndex {
  const { resize, crop, normalize, augment } = PREPROCESS;
  const hash = '0'.repeat(64);
  const dataset = {
    version: 2,
    hash,
    root: 'training_files',
    synthetic: true,
    pairing: 'by-name',
    limit: Number.MAX_SAFE_INTEGER,
    weights: {},
    photos,
  } as const;
  return { version: 1, dataset, size: resize, crop, mean: normalize.mean, std: normalize.std, augment, cacheSha256 };
}

async function writeNoise(path: string, photos: number): Promise<void> {
  const photo = new Uint8Array(PREPROCESS.resize ** 2 * 3);
  const file = await open(path, 'w');
  try {
    for (let written = 0; written < photos; written++) await file.writeFile(randomFillSync(photo));
  } finally {
    await file.close();
  }
}
