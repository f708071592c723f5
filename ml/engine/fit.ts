/**
 * The training loop (method §5): steps, validation after every epoch, early stopping, checkpoints. Everything that decides a
 * number is a function of settings, photos and {@link TrainingState}; the clock decides only when a checkpoint against crashes is due.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { Problem } from '../../configs/problem.js';
import type { Progress } from '../../configs/schema/payload.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import type { Pair } from '../ranking/pairs.js';
import type { TrainingData } from './data.js';
import type { StepJob } from './feed-thread.js';
import type { Batches, Feed } from './feed.js';
import { microBatches, type Learner } from './learner.js';
import type { EpochRow } from './metrics-log.js';
import { ProgressTeller } from './progress-teller.js';
import { learningRate } from './schedule.js';
import { photosOf, scorePhotos, validate } from './scoring.js';
import { afterEpoch, afterStep, type TrainingState, type Validation } from './training-state.js';

export interface Fit {
  readonly learner: Learner;
  readonly data: TrainingData;
  readonly feed: Feed;
  readonly settings: SettingsOf<'train'>;
  readonly from: TrainingState;
  /** Hands a checkpoint over to be written. */
  save(state: TrainingState, reasons: { readonly best: boolean; readonly periodic: boolean }): Promise<void>;
  /** Writes an epoch's row; awaited before the epoch's checkpoint. */
  log(row: EpochRow): Promise<void>;
  progress(progress: Progress): void;
  /** True once training should save and end. */
  stopping(): boolean;
}

/** @returns the state at the end; `ended` is null where it was stopped, and the last checkpoint then holds just that state. */
export async function fit(options: Fit): Promise<TrainingState> {
  const { settings, data, from } = options;
  const validationPairs = data.fixedPairs('val');
  const total = data.epoch(1).length;
  if (total === 0)
    throw new Problem({
      code: 'DATASET',
      message: 'split train has no pairs of a good and a bad photo',
      where: 'docs/splits.json',
      cure: 'move at least one folder to train: emo-aen splits proposes how',
    });
  const perStep = Math.min(settings.loop.pairs, total);
  const plan: Plan = {
    perStep,
    steps: Math.ceil(total / perStep),
    batches: options.feed.steps(data.stepsFrom(from, perStep, settings.schedule.epochs), microBatches(perStep, settings.loop.accumulate)),
    validationPairs,
    teller: new ProgressTeller(settings.schedule.epochs, Math.ceil(total / perStep), from, options.progress),
    saved: { at: performance.now() },
  };
  let state = from;
  while (state.ended === null) {
    const trained = await trainEpoch(options, plan, state);
    state = trained.state;
    if (options.stopping()) {
      await options.save(state, { best: false, periodic: false });
      return state;
    }
    state = await endEpoch(options, plan, trained);
  }
  return state;
}

interface Plan {
  readonly perStep: number;
  readonly steps: number;
  /** Of all steps from the first that this process takes; filled ahead across epochs and while validation runs. */
  readonly batches: Batches<StepJob>;
  readonly validationPairs: readonly Pair[];
  readonly teller: ProgressTeller;
  /** When the last checkpoint was handed over, by performance.now(). */
  readonly saved: { at: number };
}

interface TrainedEpoch {
  readonly state: TrainingState;
  readonly startedAt: number;
  readonly seconds: number;
  readonly waited: number;
  readonly images: number;
  readonly lr: number;
}

async function trainEpoch(options: Fit, plan: Plan, from: TrainingState): Promise<TrainedEpoch> {
  const { settings, data } = options;
  const startedAt = performance.now();
  let state = from;
  let waited = 0;
  let lr = 0;
  while (state.stepInEpoch < plan.steps && !options.stopping()) {
    const before = performance.now();
    const { order, batch } = await plan.batches.next();
    waited += performance.now() - before;
    lr = learningRate(state.step, plan.steps, settings.optimizer.lr, settings.schedule);
    const result = options.learner.step(batch, lr, state.step + 1);
    if (!result.finite) throw notFinite(result, state, order.pairs, data);
    state = afterStep(state, result, plan.perStep);
    plan.teller.step(state, result.loss, result.right / plan.perStep, lr);
    // Lets messages, signals and the checkpoint thread's replies through: a step blocks this thread.
    await turn();
    await saveByTheClock(options, plan, state);
  }
  const images = (state.step - from.step) * plan.perStep * 2;
  return { state, startedAt, seconds: (performance.now() - startedAt) / 1000, waited: waited / 1000, images, lr };
}

async function saveByTheClock({ settings, save }: Fit, plan: Plan, state: TrainingState): Promise<void> {
  if (state.stepInEpoch === plan.steps || performance.now() - plan.saved.at < settings.checkpoints.everyMinutes * 60_000) return;
  plan.saved.at = performance.now();
  plan.teller.saving(state);
  await save(state, { best: false, periodic: false });
}

async function endEpoch(options: Fit, plan: Plan, { state, startedAt, seconds, waited, images, lr }: TrainedEpoch): Promise<TrainingState> {
  const { settings } = options;
  const validation = await validateEpoch(options, plan, state);
  const next = afterEpoch(state, validation, settings.earlyStopping, settings.schedule.epochs);
  await options.log({
    kind: 'epoch',
    epoch: state.epoch,
    step: state.step,
    loss: state.sums.loss / plan.steps,
    accuracy: state.sums.right / state.sums.pairs,
    valLoss: validation.loss,
    valAccuracy: validation.accuracy,
    lr: lr === 0 ? learningRate(state.step - 1, plan.steps, settings.optimizer.lr, settings.schedule) : lr,
    gradNorm: state.sums.gradNorm / plan.steps,
    imagesPerSecond: seconds === 0 ? 0 : images / seconds,
    dataWaitShare: seconds === 0 ? 0 : waited / seconds,
    seconds: (performance.now() - startedAt) / 1000,
    memoryMb: process.memoryUsage.rss() / 2 ** 20,
  });
  const best = next.best?.epoch === state.epoch;
  const periodic = state.epoch % settings.checkpoints.everyEpochs === 0 || next.ended !== null;
  if (best || periodic) {
    plan.saved.at = performance.now();
    plan.teller.saving(next);
    await options.save(next, { best, periodic });
  }
  return next;
}

async function validateEpoch({ learner, feed, settings }: Fit, plan: Plan, state: TrainingState): Promise<Validation> {
  const photos = photosOf(plan.validationPairs);
  const scores = await scorePhotos(learner, feed, photos, async (done) => {
    plan.teller.validating(state, done, photos.length);
    await turn();
  });
  return validate(plan.validationPairs, scores, settings.loss.margin);
}

function notFinite(result: { loss: number; gradNorm: number }, state: TrainingState, pairs: readonly Pair[], data: TrainingData): Problem {
  const photos = [...new Set(pairs.flatMap(({ good, bad }) => [data.fileOf(good), data.fileOf(bad)]))];
  return new Problem({
    code: 'NUMERICS',
    message: `loss ${result.loss} and gradient norm ${result.gradNorm} are not both finite; the batch held ${photos.join(', ')}`,
    where: `epoch ${state.epoch}, step ${state.stepInEpoch + 1}`,
    cure: 'lower optimizer.lr or raise schedule.warmupEpochs, and look at these photos; what was learned before is in the last checkpoint',
  });
}
