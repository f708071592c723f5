/** Words and numbers of where training stands, with an estimate of what is left. */
import { performance } from 'node:perf_hooks';
import type { Progress } from '../../configs/schema/payload.js';
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

  /** After a step; validation and saving lie between two steps now and then, and so are in the mean. */
  step(state: TrainingState, loss: number, accuracy: number, lr: number): void {
    const now = performance.now();
    if (this.#lastStepAt !== null) {
      const seconds = (now - this.#lastStepAt) / 1000;
      this.#secondsPerStep = this.#secondsPerStep === null ? seconds : (1 - NEWEST) * this.#secondsPerStep + NEWEST * seconds;
    }
    this.#lastStepAt = now;
    this.#done = state.step;
    this.#numbers = { epoch: state.epoch, step: state.stepInEpoch, loss, accuracy, lr };
    this.#say(
      `epoch ${state.epoch}/${this.epochs} step ${state.stepInEpoch}/${this.steps} loss ${loss.toFixed(3)} accuracy ${accuracy.toFixed(2)}`,
    );
  }

  validating(state: TrainingState, done: number, photos: number): void {
    this.#say(`epoch ${state.epoch}/${this.epochs} validating ${done}/${photos} photos`);
  }

  saving(state: TrainingState): void {
    this.#say(`epoch ${Math.min(state.epoch, this.epochs)}/${this.epochs} saving a checkpoint`);
  }

  #say(message: string): void {
    const left = this.#secondsPerStep === null ? {} : { secondsLeft: Math.round((this.#total - this.#done) * this.#secondsPerStep) };
    this.tell({ message, done: this.#done, total: this.#total, unit: 'steps', ...left, numbers: this.#numbers });
  }
}
