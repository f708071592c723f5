/** The project that is trained under faults: a few made photos, and the real tasks from the audit to the initial checkpoint. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { audit } from '../../../activities/dataset/audit.js';
import { model } from '../../../activities/model/model.js';
import { preprocess } from '../../../activities/preprocessing/preprocess.js';
import type { TaskResult } from '../../../activities/task.js';
import { CATALOG, type SettingsOf } from '../../../configs/schema/catalog.js';
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import type { TrainJob } from '../../../ml/engine/jobs/protocol.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { Draws } from '../../../ml/random/philox.js';
import { taskContext } from '../../activities/task-context.js';
import { smallSettings } from '../../ml/engine/small-set.js';
import { picture, put, SETTINGS } from '../../ml/images/photo-set.js';
import type { Shape } from './plan.js';

/** Scenes by name, with their split and pairs. The cache holds photos in the order of their names, so that what is cut off its end is trained on. */
const SCENES = { harbour: ['test', 2], meadow: ['val', 6], street: ['train', 8], tower: ['train', 8] } as const;
const SIDE = 48;
const TRAINING_PAIRS = 16;
const PAIRS_A_STEP = 4;

export const SHAPE: Shape = { epochs: 8, steps: TRAINING_PAIRS / PAIRS_A_STEP };

const DATASET: DatasetSettings = { ...SETTINGS, photos: { ...SETTINGS.photos, minSide: SIDE } };
const PREPROCESS: SettingsOf<'preprocess'> = {
  resize: 36,
  crop: 32,
  normalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  augment: { flip: 0.5, brightness: 0.1, contrast: 0.1, rotation: 5 },
};
const BASE = smallSettings();
const TRAIN = CATALOG.train.settings.parse({
  ...BASE,
  loop: { ...BASE.loop, pairs: PAIRS_A_STEP },
  schedule: { epochs: SHAPE.epochs, warmupEpochs: 2, minLr: 0 },
  earlyStopping: { points: 0.5, evaluations: SHAPE.epochs },
} satisfies SettingsOf<'train'>);

export interface Project {
  /** Absolute path of the photo cache, which all runs share. */
  readonly cache: string;
  /** The task that makes it, as a person would retry it. */
  preprocess(): Promise<void>;
  /** The job of a run whose checkpoints and metrics lie in `folder`. */
  job(folder: string): Promise<TrainJob>;
}

export async function makeProject(root: string): Promise<Project> {
  await makePhotos(root);
  const audited = await audit(taskContext({ root, task: 'audit', settings: DATASET }));
  const dataset = pathOf(audited, 'dataset');
  const prepare = (): Promise<TaskResult> =>
    preprocess(taskContext({ root, task: 'preprocess', settings: PREPROCESS, artifacts: { dataset } }));
  const prepared = await prepare();
  const [cache, cacheIndex] = [pathOf(prepared, 'cache'), pathOf(prepared, 'cache-index')];
  const { seed, model: network } = TRAIN;
  const initialCheckpoint = pathOf(
    await model(taskContext({ root, task: 'model', settings: { seed, model: network } })),
    'initial-checkpoint',
  );
  return {
    cache,
    preprocess: async () => void (await prepare()),
    job: async (folder) => {
      const checkpoints = join(folder, 'checkpoints');
      const metrics = join(folder, 'logs', 'metrics.jsonl');
      await mkdir(checkpoints, { recursive: true });
      await mkdir(dirname(metrics), { recursive: true });
      return {
        kind: 'train',
        cacheIndex,
        cache,
        cacheSha256: (await hashFile(cacheIndex)).sha256,
        initialCheckpoint,
        initialSha256: (await hashFile(initialCheckpoint)).sha256,
        checkpoints,
        metrics,
        settings: TRAIN,
      };
    },
  };
}

/** Pairs of a picture and the same under noise, strong enough to be learned and weak enough not to be learned in one epoch. */
async function makePhotos(root: string): Promise<void> {
  let number = 0;
  for (const [scene, [, pairs]] of Object.entries(SCENES))
    for (let pair = 0; pair < pairs; pair++) {
      const pixels = await (await picture(number++, SIDE, SIDE)).raw().toBuffer();
      const draws = new Draws('degrade', { seed: 1, epoch: 0, index: number });
      const noisy = pixels.map((value) => Math.max(0, Math.min(255, value + Math.round(draws.between(-50, 50)))));
      for (const [label, data] of [
        ['good', pixels],
        ['bad', noisy],
      ] as const) {
        const png = await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
          .png()
          .toBuffer();
        await put(root, `training_files/${scene}/${label}/${pair}.png`, png);
      }
    }
  const splits = Object.fromEntries(Object.entries(SCENES).map(([scene, [split]]) => [scene, split]));
  await put(root, 'docs/splits.json', JSON.stringify(splits));
}

function pathOf({ artifacts }: TaskResult, name: string): string {
  const found = artifacts.find((file) => file.name === name);
  if (found === undefined) throw new Error(`no artifact ${name}`);
  return found.path;
}
