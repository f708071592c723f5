/** From what was trained on photos to medians, ratios and accuracies with their intervals. */
import { z } from 'zod';
import { wilsonInterval } from '../../ml/ranking/metrics.js';
import { median } from '../../ml/ranking/median.js';
import type { Findings, Training } from '../report.js';

/** What each contestant's program prints. Losses are means, accuracies shares in [0, 1]. */
export const Trained = z.object({
  /** Photos decoded and kept. */
  prepareSeconds: z.number().positive(),
  /** From first weights to the last epoch's validation, checkpoints included. */
  trainingSeconds: z.number().positive(),
  epochs: z
    .array(
      z.object({ loss: z.number(), accuracy: z.number(), valLoss: z.number(), valAccuracy: z.number(), seconds: z.number().positive() }),
    )
    .min(1),
  /** Whose network ranked the test split. */
  bestEpoch: z.int().positive(),
  test: z.object({ right: z.int().nonnegative(), count: z.int().positive() }),
  versions: z.record(z.string(), z.string()),
});
export type Trained = z.infer<typeof Trained>;

/** A program's run. */
export interface Round {
  readonly seed: number;
  /** Of the whole process and those that it started: libraries, preparation, training, the test split. */
  readonly seconds: number;
  readonly trained: Trained;
}

const CONFIDENCE = 0.95;

type Medians = Readonly<Record<'Seconds' | 'TrainingSeconds' | 'EpochSeconds', number>>;

/** @param theirs null where they were not measured */
export function summarisePhotos(
  ours: readonly Round[],
  theirs: readonly Round[] | null,
): Pick<Findings, 'ratios' | 'medians' | 'shares' | 'trainings'> {
  const measured = { oursPhotos: ours, ...(theirs === null ? {} : { torchPhotos: theirs }) };
  const us = mediansOf(ours);
  const them = theirs === null ? null : mediansOf(theirs);
  const units = Object.keys(us) as (keyof Medians)[];
  return {
    ratios: them === null ? {} : Object.fromEntries(units.map((unit) => [`photos${unit}`, us[unit] / them[unit]])),
    medians: named(measured, mediansOf),
    shares: named(measured, accuraciesOf),
    trainings: Object.fromEntries(Object.entries(measured).map(([name, rounds]) => [name, trainingOf(rounds)])),
  };
}

function named(
  measured: Readonly<Record<string, readonly Round[]>>,
  values: (rounds: readonly Round[]) => Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(measured).flatMap(([name, rounds]) =>
      Object.entries(values(rounds)).map(([unit, value]): [string, number] => [`${name}${unit}`, value]),
    ),
  );
}

function mediansOf(rounds: readonly Round[]): Medians {
  return {
    Seconds: median(rounds.map(({ seconds }) => seconds)),
    TrainingSeconds: median(rounds.map(({ trained }) => trained.trainingSeconds)),
    EpochSeconds: median(rounds.flatMap(({ trained }) => trained.epochs.map(({ seconds }) => seconds))),
  };
}

/** Medians over the rounds. */
function accuraciesOf(rounds: readonly Round[]): Readonly<Record<'Validation' | 'Test', number>> {
  return {
    Validation: median(rounds.map(({ trained }) => Math.max(...trained.epochs.map(({ valAccuracy }) => valAccuracy)))),
    Test: median(rounds.map(({ trained: { test } }) => test.right / test.count)),
  };
}

function trainingOf(rounds: readonly Round[]): Training {
  const tests = rounds.map(({ trained }) => trained.test);
  const sum = (of: keyof Trained['test']): number => tests.reduce((total, test) => total + test[of], 0);
  return {
    rounds: rounds.map(({ seed, seconds, trained: { test, ...trained } }) => ({
      seed,
      seconds,
      ...trained,
      test: wilsonInterval(test.right, test.count, CONFIDENCE),
    })),
    test: wilsonInterval(sum('right'), sum('count'), CONFIDENCE),
  };
}
