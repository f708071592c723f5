/** Words and numbers of where training stands, with an estimate of what is left. */
import { performance } from 'node:perf_hooks';
import type { Progress } from '../../configs/schema/payload.js';
import type { EpochRow, StepRow } from './metrics-log.js';
import type { TrainingState } from './training-state.js';

/** Weight of the newest step in the running mean of seconds a step: the machine's load changes. */
const NEWEST = 0.1;

export class ProgressTeller {
  readonly #total: number;
  #secondsPerStep: number | null = null;
  /** The first step prepares its program and says nothing about the others. */
  #lastStepAt: number | null = null;
  #numbers: Record<string, number> = {};
  #done: number;

  constructor(
    private readonly epochs: number,
    private readonly steps: number,
    from: TrainingState,
    private readonly tell: (progress: Progress) => void,
  ) {
    this.#total = epochs * steps;
    this.#done = from.step;
  }

  /**
   * After a step; validation and saving lie between two steps now and then, and so are in the mean.
   * @param row of the steps so far: its numbers are told under its names
   */
  step(state: TrainingState, { kind: _, ...numbers }: StepRow): void {
    const now = performance.now();
    if (this.#lastStepAt !== null) {
      const seconds = (now - this.#lastStepAt) / 1000;
      this.#secondsPerStep = this.#secondsPerStep === null ? seconds : (1 - NEWEST) * this.#secondsPerStep + NEWEST * seconds;
    }
    this.#lastStepAt = now;
    this.#done = state.step;
    this.#numbers = { ...this.#numbers, ...numbers };
    const split = state.split === null ? '' : `, in ${state.split.microBatches} micro-batches`;
    this.say(state, `step ${state.stepInEpoch}/${this.steps}${split}`);
  }

  validating(state: TrainingState, done: number, photos: number): void {
    this.say(state, `validating ${done}/${photos} photos`);
  }

  /** After an epoch's validation, whose numbers are told from now on. */
  validated({ valLoss, valAccuracy }: EpochRow): void {
    this.#numbers = { ...this.#numbers, valLoss, valAccuracy };
  }

  saving(state: TrainingState): void {
    this.say(state, 'saving a checkpoint');
  }

  /** What is done in the epoch that is in progress. */
  say(state: TrainingState, message: string): void {
    const left = this.#secondsPerStep === null ? {} : { secondsLeft: Math.round((this.#total - this.#done) * this.#secondsPerStep) };
    this.tell({
      message: `epoch ${Math.min(state.epoch, this.epochs)}/${this.epochs} ${message}`,
      done: this.#done,
      total: this.#total,
      unit: 'steps',
      ...left,
      numbers: this.#numbers,
    });
  }
}
