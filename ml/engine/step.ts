/** One optimiser step of a run, and what is done where it cannot be taken as it is. */
import { setImmediate as turn } from 'node:timers/promises';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import type { Pair } from '../ranking/pairs.js';
import type { TrainingData } from './data.js';
import { diagnose, inShort, listed, type Diagnosis } from './diagnosis.js';
import { stepLimits } from './explosion.js';
import { afterGoodStep, afterOverflow, FIRST_LOSS_SCALE } from './loss-scale.js';
import { microBatches, type Learner, type MicroBatch, type StepLimits, type StepResult } from './learner.js';
import { isOutOfMemory, outOfMemory } from './out-of-memory.js';
import { regrouped } from './regroup.js';
import type { TrainingState } from './training-state.js';

export interface Stepping {
  readonly learner: Learner;
  readonly data: TrainingData;
  readonly settings: SettingsOf<'train'>;
  /** Told what takes long and is no step. */
  tell(message: string): void;
}

export interface Step {
  readonly state: TrainingState;
  readonly pairs: readonly Pair[];
  /** The pairs' photos and scores, in micro-batches of whatever sizes. Not to be changed until the step has settled. */
  readonly batches: readonly MicroBatch[];
  readonly lr: number;
}

/**
 * Takes the step. Where the device has too little memory it is taken again in twice as many micro-batches, down to one pair each: the
 * step is of the same pairs and moves the same way, and the split stays for the steps that follow.
 * In float16 a step that overflows is taken again with a smaller loss scale.
 * @returns also how the step was split and scaled, as the state is to keep it
 * @throws Problem NUMERICS with a diagnosis where loss or gradient norm is out of bounds, OUT_OF_MEMORY where one pair is too much;
 *   nothing was changed then.
 */
export async function takeStep(
  on: Stepping,
  step: Step,
): Promise<{ readonly result: StepResult } & Pick<TrainingState, 'split' | 'lossScale'>> {
  const { learner, settings } = on;
  const { state, lr, pairs } = step;
  const limits = stepLimits(state, settings);
  let { split } = state;
  let lossScale = learner.settings.precision === 'float16' ? (state.lossScale ?? FIRST_LOSS_SCALE) : null;
  for (;;) {
    const parts = sizesOf(split, pairs.length, settings);
    const batches = regrouped(step.batches, parts);
    let result: StepResult;
    try {
      result = learner.step(batches, lr, state.step + 1, { limits, lossScale: lossScale?.value ?? 1 });
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      if (parts.length === pairs.length) throw outOfMemory(error, 'a single pair of photos');
      split = { microBatches: Math.min(pairs.length, 2 * parts.length), step: state.step + 1 };
      on.tell(`too little memory for ${parts[0]} pairs at once: going on in ${split.microBatches} micro-batches a step`);
      await turn();
      continue;
    }
    if (result.taken) return { result, split, lossScale: lossScale && afterGoodStep(lossScale) };
    const smaller = lossScale === null || isFinite(result) ? null : afterOverflow(lossScale);
    if (smaller === null) throw await outOfBounds(on, step, batches, result, limits);
    lossScale = smaller;
  }
}

function isFinite({ loss, gradNorm }: StepResult): boolean {
  return Number.isFinite(loss) && Number.isFinite(gradNorm);
}

/** Pairs of each micro-batch of a step of `pairs` pairs. */
export function sizesOf(split: TrainingState['split'], pairs: number, { loop }: SettingsOf<'train'>): number[] {
  return microBatches(pairs, split?.microBatches ?? loop.accumulate);
}

/** How a run's steps were split for want of memory, for its result; null where they were not. */
export function splitWarning({ split }: TrainingState, pairs: number, { loop, model }: SettingsOf<'train'>): string | null {
  if (split === null) return null;
  const atOnce = (parts: number): string => {
    const [size = pairs] = microBatches(pairs, parts);
    return size === 1 ? 'one pair' : `${size} pairs`;
  };
  const [asked, now] = [atOnce(loop.accumulate), atOnce(split.microBatches)];
  const statistics =
    model.batchNorm.mode === 'trained' ? `; since then batch norm takes its statistics from ${now} at a time, not from ${asked}` : '';
  return `the device has too little memory for ${asked} at once: from step ${split.step} on a step of ${pairs} pairs is taken in ${split.microBatches} micro-batches${statistics}`;
}

const PHOTOS_NAMED = 8;

async function outOfBounds(
  on: Stepping,
  step: Step,
  batches: readonly MicroBatch[],
  result: StepResult,
  limits: StepLimits,
): Promise<Problem> {
  const { loss, gradNorm } = result;
  const finite = isFinite(result);
  on.tell(`loss ${inShort(loss)}, gradient norm ${inShort(gradNorm)}: looking for the cause`);
  await turn();
  const { finding, photos, cause } = diagnosed(on.learner, batches, step.pairs.length);
  const files = [...new Set(photos.map(({ pair, side }) => nameOf(on.data, step.pairs[pair]?.[side])))];
  const far = [
    ...(loss > limits.loss ? [`loss ${inShort(loss)} (at most ${inShort(limits.loss)} is let through)`] : []),
    ...(gradNorm > limits.gradNorm ? [`gradient norm ${inShort(gradNorm)} (at most ${inShort(limits.gradNorm)} is let through)`] : []),
  ];
  const verdict = finite
    ? `far above what it was: ${far.join(', ')}`
    : `loss ${inShort(loss)} and gradient norm ${inShort(gradNorm)} are not both finite`;
  return new Problem({
    code: 'NUMERICS',
    message: `${verdict}; ${finding}; photos: ${listed(files, PHOTOS_NAMED)}`,
    where: `epoch ${step.state.epoch}, step ${step.state.stepInEpoch + 1}`,
    cure: `look at these photos, lower optimizer.lr or raise schedule.warmupEpochs${finite ? ', or raise loop.explosion where this is no fault' : ''}; what was learned before is in the last checkpoint`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A second look that fails must not hide what it was for. */
function diagnosed(learner: Learner, batches: readonly MicroBatch[], pairs: number): Diagnosis & { readonly cause?: unknown } {
  try {
    return diagnose(learner, batches);
  } catch (cause) {
    const finding = `the batch could not be looked at again: ${cause instanceof Error ? cause.message : String(cause)}`;
    const photos = (['good', 'bad'] as const).flatMap((side) => Array.from({ length: pairs }, (_, pair) => ({ pair, side })));
    return { finding, photos, cause };
  }
}

function nameOf(data: TrainingData, photo: number | undefined): string {
  if (photo === undefined) throw new Error('a photo of no pair');
  return data.fileOf(photo);
}
