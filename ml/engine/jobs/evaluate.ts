/** Evaluation as a job: the best checkpoint on the test split (method §6). */
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { Problem } from '../../../configs/problem.js';
import type { Evaluation, Share } from '../../../configs/schema/evaluation.js';
import type { CacheIndex, Photo } from '../../../configs/schema/photos.js';
import { openCache } from '../../images/cache.js';
import type { LossSettings } from '../../../configs/schema/losses.js';
import { meanLoss } from '../../losses/losses.js';
import { kendallTauB, pairwiseAccuracy } from '../../ranking/metrics.js';
import type { Pair } from '../../ranking/pairs.js';
import { openBackend } from '../backend.js';
import { readCheckpoint, type Checkpoint } from '../checkpoint.js';
import { TrainingData } from '../data.js';
import { Feed } from '../feed.js';
import { Learner } from '../learner.js';
import { scorePhotos, scoresOf } from '../scoring.js';
import type { JobContext } from './context.js';
import type { EvaluateJob, EvaluateResult } from './protocol.js';

/** Untimed runs before those that count: the first prepares the program. */
const WARM_UP = 3;

export async function evaluate(job: EvaluateJob, context: JobContext): Promise<EvaluateResult> {
  const { settings } = job;
  context.progress({ message: 'starting TensorFlow' });
  const backend = await openBackend(settings.environment.device, settings.environment.engine);
  const checkpoint = await readCheckpoint(job.checkpoint);
  const cache = await openCache(job.cacheIndex, job.cache);
  const feed = new Feed({ cacheIndex: job.cacheIndex, cache: job.cache, seed: checkpoint.metadata.seed }, cache.index.crop);
  try {
    insistOnSamePreparation(checkpoint, cache.index);
    const data = new TrainingData(cache, checkpoint.metadata.seed);
    const pairs = data.fixedPairs('test');
    const learner = new Learner({
      ...backend,
      network: checkpoint.network,
      stored: checkpoint.tensors,
      training: false,
      settings: { crop: data.crop, precision: 'float32', loss: settings.loss, optimizer: NO_OPTIMIZER, clip: settings.loop.clip },
    });
    const photos = cache.index.dataset.photos.flatMap((photo, number) => (photo.split === 'test' ? [number] : []));
    const scores = await scorePhotos(learner, feed, photos, async (done) => {
      context.progress({ message: `scored ${done}/${photos.length} photos of the test split`, done, total: photos.length, unit: 'photos' });
      await turn();
    });
    const latency = await timeOnePhoto(learner, data, photos[0] ?? 0, settings.evaluation.latencyRuns, context);
    learner.close();
    const evaluation: Evaluation = {
      version: 2,
      split: 'test',
      checkpointSha256: job.checkpointSha256,
      device: backend.description,
      ...rankingOf(pairs, scores, settings.loss, settings.evaluation.confidence),
      kendallTauB: tauOf(photos, cache.index.dataset.photos, scores),
      folders: foldersOf(pairs, photos, cache.index.dataset.photos, scores, settings.evaluation.confidence),
      latency,
      scores: photos.map((photo) => ({ file: data.fileOf(photo), score: scores.get(photo) ?? NaN })),
      weights: checkpoint.metadata.weights,
    };
    return {
      kind: 'evaluate',
      evaluation,
      warnings: cache.index.dataset.synthetic ? ['the pairs are synthetic: made by emo-aen sample'] : [],
    };
  } finally {
    await feed.close();
    await cache.close();
  }
}

/** Nothing is optimised here; computations of inference read none of it. */
const NO_OPTIMIZER = { lr: 1, weightDecay: 0, decay: 'all', beta1: 0, beta2: 0, epsilon: 1 } as const;

function insistOnSamePreparation({ metadata }: Checkpoint, index: CacheIndex): void {
  const { trained } = metadata;
  const now = { size: index.size, crop: index.crop, mean: index.mean, std: index.std };
  if (trained === null || JSON.stringify(trained.preprocess) === JSON.stringify(now)) return;
  throw new Problem({
    code: 'CONFIGURATION',
    message: `the network was trained on photos prepared with ${JSON.stringify(trained.preprocess)}, the cache was made with ${JSON.stringify(now)}`,
    where: 'preprocess.yaml',
    cure: 'train again with these settings, or set preprocess.yaml back',
  });
}

function rankingOf(
  pairs: readonly Pair[],
  scores: ReadonlyMap<number, number>,
  loss: LossSettings,
  confidence: number,
): { readonly pairwiseAccuracy: Share; readonly loss: Evaluation['loss'] } {
  const { good, bad } = scoresOf(pairs, scores);
  return { pairwiseAccuracy: pairwiseAccuracy(good, bad, confidence), loss: { kind: loss.kind, value: meanLoss(good, bad, loss) } };
}

/** Kendall's tau-b between the network's scores and the means of people's where there are any, else good above bad. */
export function tauOf(
  photos: readonly number[],
  all: readonly Pick<Photo, 'label' | 'score'>[],
  scores: ReadonlyMap<number, number>,
): number | null {
  const known = photos.flatMap((photo) => {
    const info = all[photo];
    return info === undefined ? [] : [{ score: scores.get(photo) ?? NaN, label: info.label === 'good' ? 1 : 0, people: info.score }];
  });
  const judged = known.flatMap(({ score, people }) => (people === null ? [] : [{ score, label: people }]));
  const used = judged.length > 0 ? judged : known;
  return kendallTauB(
    used.map(({ score }) => score),
    used.map(({ label }) => label),
  );
}

function foldersOf(
  pairs: readonly Pair[],
  photos: readonly number[],
  all: readonly Photo[],
  scores: ReadonlyMap<number, number>,
  confidence: number,
): Evaluation['folders'] {
  const folders = [...new Set(pairs.map(({ good }) => all[good]?.folder ?? ''))];
  return folders.map((folder) => {
    const own = pairs.filter(({ good }) => all[good]?.folder === folder);
    const { good, bad } = scoresOf(own, scores);
    const ownPhotos = photos.filter((photo) => all[photo]?.folder === folder);
    return {
      folder,
      pairs: own.length,
      pairwiseAccuracy: pairwiseAccuracy(good, bad, confidence),
      kendallTauB: tauOf(ownPhotos, all, scores),
    };
  });
}

/** Milliseconds of the network alone on one photo, which is already decoded and normalised. */
async function timeOnePhoto(
  learner: Learner,
  data: TrainingData,
  photo: number,
  runs: number,
  context: JobContext,
): Promise<Evaluation['latency']> {
  const view = new Float32Array(data.crop ** 2 * 3);
  data.view(photo, view, 0);
  const times: number[] = [];
  for (let run = -WARM_UP; run < runs; run++) {
    const before = performance.now();
    learner.infer(view, 1);
    if (run >= 0) times.push(performance.now() - before);
    context.progress({ message: `timed ${Math.max(0, run + 1)}/${runs} runs on one photo` });
    await turn();
  }
  times.sort((a, b) => a - b);
  return { runs, medianMs: quantile(times, 0.5), p95Ms: quantile(times, 0.95) };
}

/** Nearest rank of ascending `sorted`. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
