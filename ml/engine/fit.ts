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
import type { Learner } from './learner.js';
import type { EpochRow, StepRow, TrainingRow } from './metrics-log.js';
import { ProgressTeller } from './progress-teller.js';
import { learningRate } from './schedule.js';
import { photosOf, scorePhotos, validate } from './scoring.js';
import { Speed } from './speed.js';
import { sizesOf, takeStep } from './step.js';
import { afterEpoch, afterRow, afterStep, meansOf, type TrainingState, type Validation } from './training-state.js';

export interface Fit {
  readonly learner: Learner;
  readonly data: TrainingData;
  readonly feed: Feed;
  readonly settings: SettingsOf<'train'>;
  readonly from: TrainingState;
  /** Hands a checkpoint over to be written. */
  save(state: TrainingState, reasons: { readonly best: boolean; readonly periodic: boolean }): Promise<void>;
  /** Writes a row of metrics; awaited before a checkpoint of what it tells of. */
  log(row: TrainingRow): Promise<void>;
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
    batches: options.feed.steps(data.stepsFrom(from, perStep, settings.schedule.epochs), sizesOf(from.split, perStep, settings)),
    validationPairs,
    teller: new ProgressTeller(settings.schedule.epochs, Math.ceil(total / perStep), from, options.progress),
    saved: { at: performance.now(), step: from.step },
    speed: new Speed(),
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
  /** When the last checkpoint was handed over: by performance.now(), and after which step of the run. */
  saved: { readonly at: number; readonly step: number };
  /** Of this process's steps since the last row of steps. */
  speed: Speed;
}

/** Makes a checkpoint due at once. */
const NEVER_SAVED: Plan['saved'] = { at: -Infinity, step: -Infinity };

interface TrainedEpoch {
  readonly state: TrainingState;
  readonly startedAt: number;
  readonly speed: Speed;
}

async function trainEpoch(options: Fit, plan: Plan, from: TrainingState): Promise<TrainedEpoch> {
  const { settings, data, learner } = options;
  const startedAt = performance.now();
  const speed = new Speed();
  let state = from;
  const tell = (message: string): void => plan.teller.say(state, message);
  while (state.stepInEpoch < plan.steps && !options.stopping()) {
    const before = performance.now();
    const { order, batch } = await plan.batches.next();
    const filled = performance.now();
    const lr = rateAt(state.step, plan, settings);
    const { result, split, lossScale } = await takeStep(
      { learner, data, settings, tell },
      { state, pairs: order.pairs, batches: batch, lr },
    );
    for (const total of [speed, plan.speed]) total.add(2 * plan.perStep, (performance.now() - before) / 1000, (filled - before) / 1000);
    // A run that is killed now shall continue with the same split, even where memory would then suffice.
    if (split !== state.split) plan.saved = NEVER_SAVED;
    state = await tellStep(options, plan, { ...afterStep(state, result, plan.perStep), split, lossScale });
    // Lets messages, signals and the checkpoint thread's replies through: a step blocks this thread.
    await turn();
    await saveAgainstCrashes(options, plan, state);
  }
  return { state, startedAt, speed };
}

/** Learning rate of the step after `step` steps of the run. */
function rateAt(step: number, { steps }: Plan, { optimizer, schedule }: Fit['settings']): number {
  return learningRate(step, steps, optimizer.lr, schedule);
}

/** Tells the step to whoever watches, and writes the row of steps that it is the last one of. */
async function tellStep({ settings, log }: Fit, plan: Plan, state: TrainingState): Promise<TrainingState> {
  const { imagesPerSecond, dataWaitShare } = plan.speed;
  const row: StepRow = {
    kind: 'step',
    epoch: state.epoch,
    step: state.step,
    steps: state.window.steps,
    ...meansOf(state.window, state.window.steps),
    lr: rateAt(state.step - 1, plan, settings),
    imagesPerSecond,
    dataWaitShare,
    memoryMb: memoryMb(),
  };
  plan.teller.step(state, row);
  if (state.stepInEpoch % settings.log.everySteps !== 0 && state.stepInEpoch !== plan.steps) return state;
  await log(row);
  plan.speed = new Speed();
  return afterRow(state);
}

/** Within an epoch, where one is due by steps or by the clock; what an epoch ends with is its own. */
async function saveAgainstCrashes({ settings: { checkpoints }, save }: Fit, plan: Plan, state: TrainingState): Promise<void> {
  if (state.stepInEpoch === plan.steps) return;
  const dueByStep = checkpoints.everySteps !== null && state.step - plan.saved.step >= checkpoints.everySteps;
  const dueByClock = performance.now() - plan.saved.at >= checkpoints.everyMinutes * 60_000;
  if (!dueByStep && !dueByClock) return;
  plan.saved = { at: performance.now(), step: state.step };
  plan.teller.saving(state);
  await save(state, { best: false, periodic: false });
}

async function endEpoch(options: Fit, plan: Plan, { state, startedAt, speed }: TrainedEpoch): Promise<TrainingState> {
  const { settings } = options;
  const validation = await validateEpoch(options, plan, state);
  const next = afterEpoch(state, validation, settings.earlyStopping, settings.schedule.epochs);
  const { loss, accuracy, gradNorm } = meansOf(state.sums, plan.steps);
  const row: EpochRow = {
    kind: 'epoch',
    epoch: state.epoch,
    step: state.step,
    loss,
    accuracy,
    valLoss: validation.loss,
    valAccuracy: validation.accuracy,
    lr: rateAt(state.step - 1, plan, settings),
    gradNorm,
    imagesPerSecond: speed.imagesPerSecond,
    dataWaitShare: speed.dataWaitShare,
    seconds: (performance.now() - startedAt) / 1000,
    memoryMb: memoryMb(),
  };
  plan.teller.validated(row);
  await options.log(row);
  const best = next.best?.epoch === state.epoch;
  const periodic = state.epoch % settings.checkpoints.everyEpochs === 0 || next.ended !== null;
  if (best || periodic) {
    plan.saved = { at: performance.now(), step: state.step };
    plan.teller.saving(next);
    await options.save(next, { best, periodic });
  }
  return next;
}

function memoryMb(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

async function validateEpoch({ learner, feed, settings }: Fit, plan: Plan, state: TrainingState): Promise<Validation> {
  const photos = photosOf(plan.validationPairs);
  const scores = await scorePhotos(learner, feed, photos, async (done) => {
    plan.teller.validating(state, done, photos.length);
    await turn();
  });
  return validate(plan.validationPairs, scores, settings.loss);
}
