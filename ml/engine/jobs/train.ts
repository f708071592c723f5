/** Training as a job: continues from the newest whole checkpoint that belongs to the same settings, photos and weights, or begins. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Problem } from '../../../configs/problem.js';
import type { SettingsOf } from '../../../configs/schema/catalog.js';
import { openCache } from '../../images/cache.js';
import { describeNetwork, type Network } from '../../network/network.js';
import { preparationWarnings } from '../../weights/conventions.js';
import { writeSafetensors } from '../../weights/safetensors.js';
import { openBackend, precisionOf, type Backend } from '../backend.js';
import { checkpointName, CheckpointFiles, type CheckpointKind } from '../checkpoint-files.js';
import { CheckpointWriter } from '../checkpoint-writer.js';
import { metadataTexts, readCheckpoint, type Checkpoint, type CheckpointMetadata } from '../checkpoint.js';
import { TrainingData } from '../data.js';
import { Feed } from '../feed.js';
import { fit } from '../fit.js';
import type { Precision } from '../kernels.js';
import { Learner } from '../learner.js';
import { MetricsLog } from '../metrics-log.js';
import { isOptimizerTensor } from '../native-state.js';
import { splitWarning } from '../step.js';
import { AT_START, type TrainingState } from '../training-state.js';
import type { JobContext } from './context.js';
import type { TrainJob, TrainResult } from './protocol.js';

/** @param open for tests: gives another backend than the job's own */
export async function train(job: TrainJob, context: JobContext, open: typeof openBackend = openBackend): Promise<TrainResult> {
  const { settings } = job;
  const startedAt = performance.now();
  context.progress({ message: 'starting TensorFlow' });
  const backend = await open(settings.environment.device, settings.environment.engine);
  const cache = await openCache(job.cacheIndex, job.cache);
  const feed = new Feed({ cacheIndex: job.cacheIndex, cache: job.cache, seed: settings.seed }, cache.index.crop);
  const warnings: string[] = [];
  if (settings.environment.engine === 'eager')
    warnings.push('trained with the eager engine, as environment.engine asks: it is several times slower than the graph engine');
  if (backend.device === 'cuda') warnings.push('trained on a GPU: this path has been tested little');
  try {
    const data = new TrainingData(cache, settings.seed);
    const begun = await begin(job, data);
    warnings.push(...begun.warnings);
    context.progress({ message: begun.resumedFrom === null ? 'preparing the network' : `continuing from ${begun.resumedFrom}` });
    const precision = precisionOf(settings.loop.mixedPrecision, backend.device);
    const { state, writer } = await run(job, context, { ...backend, precision }, { data, feed }, begun);
    const pairs = data.epoch(1).length;
    const split = splitWarning(state, Math.min(settings.loop.pairs, pairs), settings);
    if (split !== null) warnings.push(split);
    const complete = state.ended !== null;
    const [best, last] = [join(job.checkpoints, 'best.safetensors'), join(job.checkpoints, 'last.safetensors')];
    await writer.settled();
    await writer.close();
    if (complete) await writeResults(job, { best, last });
    return {
      kind: 'train',
      best,
      last,
      complete,
      training: {
        epochs: state.epoch - 1,
        steps: state.step,
        ended: state.ended,
        bestEpoch: state.best?.epoch ?? null,
        bestAccuracy: state.best?.accuracy ?? null,
        pairs,
        microBatches: state.split?.microBatches ?? settings.loop.accumulate,
        regression: begun.network.spec.regression,
        device: backend.description,
        engine: settings.environment.engine,
        precision,
        threads: Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? 0),
        weights: begun.metadata.weights,
        resumedFrom: begun.resumedFrom,
        seconds: (performance.now() - startedAt) / 1000,
        peakMemoryMb: process.resourceUsage().maxRSS / 1024,
      },
      warnings,
    };
  } finally {
    await feed.close();
    await cache.close();
  }
}

interface Begun extends Checkpoint {
  readonly state: TrainingState;
  readonly resumedFrom: string | null;
  readonly warnings: readonly string[];
}

/** Where to start: the newest checkpoint of the same key, else the initial one. */
async function begin(job: TrainJob, data: TrainingData): Promise<Begun> {
  const { settings } = job;
  const initial = await readCheckpoint(job.initialCheckpoint);
  const { files, foreign } = await CheckpointFiles.open(job.checkpoints, keyOf(job), settings.checkpoints.keep);
  const { entry, warnings: damaged } = await files.newest();
  const unprepared = preparationWarnings(initial.metadata.normalize ?? null, data.cache.index);
  if (entry === null) {
    await rm(join(job.checkpoints, 'best.safetensors'), { force: true });
    await rm(join(job.checkpoints, 'last.safetensors'), { force: true });
    const network = describeNetwork({
      ...initial.network.spec,
      regression: regressionOf(settings.model.regression, initial.network, data),
    });
    const again = foreign
      ? ['settings, photos or initial weights are others than those of the checkpoints found: training begins anew']
      : [];
    const anew = damaged.length > 0 ? ['no whole checkpoint is left: training begins anew'] : [];
    const warnings = [...damaged, ...again, ...anew, ...unprepared];
    const tensors = network.spec.regression ? fromTheMean(initial.tensors, data.meanScore) : initial.tensors;
    return { network, tensors, metadata: initial.metadata, state: AT_START, resumedFrom: null, warnings };
  }
  const checkpoint = await readCheckpoint(join(job.checkpoints, entry.file));
  const state = checkpoint.metadata.trained?.state;
  if (state === undefined) throw new Error(`${entry.file} has no training state`);
  return { ...checkpoint, state, resumedFrom: `epoch ${state.epoch}, step ${state.stepInEpoch}`, warnings: [...damaged, ...unprepared] };
}

/**
 * Whether the regression head is trained. The initial checkpoint has one wherever it may be needed; it is dropped where no photo has
 * a score, so that no untrained head is ever exported.
 */
function regressionOf(wanted: SettingsOf<'train'>['model']['regression'], initial: Network, data: TrainingData): boolean {
  if (wanted === 'off' || !initial.spec.regression) return false;
  if (data.meanScore !== null) return true;
  if (wanted === 'auto') return false;
  throw new Problem({
    code: 'DATASET',
    message: 'model.regression is on, and no photo of the training split has a score',
    where: 'training_files/<folder>/scores.csv',
    cure: 'add scores.csv (file, score) to a training folder, or set model.regression to auto',
  });
}

/**
 * A head that nobody trained begins with the mean of people's scores, whatever their scale: from zero its first errors, of 30 and more on a
 * scale of 1 to 10, would drown the ranking loss. One that was trained has a bias of its own.
 */
function fromTheMean(tensors: Begun['tensors'], meanScore: number | null): Begun['tensors'] {
  const bias = tensors.get('regression.bias');
  if (meanScore === null || bias?.data[0] !== 0) return tensors;
  return new Map(tensors).set('regression.bias', { ...bias, data: Float32Array.of(meanScore) });
}

/** sha256 of what a continuation must agree with. Threads and device may change: they move last bits, not what is trained. */
function keyOf(job: TrainJob): string {
  return sha256(JSON.stringify([settingsDigest(job.settings), job.cacheSha256, job.initialSha256]));
}

/** sha256 of the settings that decide numbers; when checkpoints and rows are written, where training runs and when it is given up is not among them. */
function settingsDigest({ seed, model, loss, optimizer, schedule, loop, earlyStopping }: SettingsOf<'train'>): string {
  const { stallSeconds: _, explosion: __, ...numbers } = loop;
  return sha256(JSON.stringify({ seed, model, loss, optimizer, schedule, loop: numbers, earlyStopping }));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function run(
  job: TrainJob,
  context: JobContext,
  backend: Backend & { readonly precision: Precision },
  { data, feed }: { readonly data: TrainingData; readonly feed: Feed },
  begun: Begun,
): Promise<{ readonly state: TrainingState; readonly writer: CheckpointWriter }> {
  const { settings } = job;
  const { index } = data.cache;
  const writer = new CheckpointWriter({ folder: job.checkpoints, key: keyOf(job), keep: settings.checkpoints.keep });
  const learner = new Learner({
    ...backend,
    network: begun.network,
    stored: begun.tensors,
    training: true,
    settings: {
      crop: index.crop,
      precision: backend.precision,
      loss: settings.loss,
      optimizer: settings.optimizer,
      clip: settings.loop.clip,
    },
  });
  const metadata = (state: TrainingState): CheckpointMetadata => ({
    network: begun.network.spec,
    weights: begun.metadata.weights,
    seed: settings.seed,
    trained: {
      preprocess: { size: index.size, crop: index.crop, mean: index.mean, std: index.std },
      dataset: index.dataset.hash,
      settings: settingsDigest(settings),
      state,
    },
  });
  const metrics = await MetricsLog.open(job.metrics, begun.state);
  try {
    const state = await fit({
      learner,
      data,
      feed,
      settings,
      from: begun.state,
      save: async (state, { best, periodic }) => {
        await metrics.sync();
        const file = checkpointName(state.epoch, state.stepInEpoch);
        const kinds: CheckpointKind[] = [...(best ? (['best'] as const) : []), ...(periodic ? (['periodic'] as const) : [])];
        return writer.write({
          file,
          kinds: kinds.length === 0 ? ['recent'] : kinds,
          best: state.best === null ? null : checkpointName(state.best.epoch + 1, 0),
          tensors: learner.toStored(),
          metadata: metadataTexts(metadata(state)),
        });
      },
      log: (row) => metrics.append(row),
      progress: context.progress,
      stopping: context.stopping,
    });
    return { state, writer };
  } catch (error) {
    // What was handed over before is still worth having. Should it fail too, that is not what went wrong first.
    await writer.settled().catch(() => undefined);
    await writer.close();
    throw error;
  } finally {
    await metrics.close();
    learner.close();
  }
}

/** `last`: the whole state at the end. `best`: the best network without the optimiser's state, for evaluation and export. */
async function writeResults(job: TrainJob, paths: { readonly best: string; readonly last: string }): Promise<void> {
  const { files } = await CheckpointFiles.open(job.checkpoints, keyOf(job), job.settings.checkpoints.keep);
  const { entry } = await files.newest();
  if (entry?.best === null || entry === null)
    throw new Problem({
      code: 'ARTIFACT_ALTERED',
      message: 'the checkpoints of this run were changed while it ended',
      where: job.checkpoints,
    });
  const last = await readCheckpoint(join(job.checkpoints, entry.file));
  await writeSafetensors(paths.last, last.tensors, metadataTexts(last.metadata));
  const best = await readCheckpoint(join(job.checkpoints, entry.best));
  const parameters = new Map([...best.tensors].filter(([name]) => !isOptimizerTensor(name)));
  await writeSafetensors(paths.best, parameters, metadataTexts(best.metadata));
}
