/** What a bench found, and how it is shown. */
import type { Share } from '../configs/schema/evaluation.js';

type Texts = Readonly<Record<string, string>>;

export interface Process {
  /** Of its libraries, as they say it. */
  readonly versions: Texts;
  /** Variables that it was given beside our own. */
  readonly environment: Texts;
}

/** A network that was trained, once for each round. */
export interface Training {
  readonly rounds: readonly {
    readonly seed: number;
    readonly seconds: number;
    readonly epochs: readonly { readonly valAccuracy: number }[];
    readonly bestEpoch: number;
    /** Pairwise accuracy on the test split. */
    readonly test: Share;
  }[];
  /** Over the pairs of all rounds. */
  readonly test: Share;
}

/** Parts of a bench each give one; `joined` lays them beside each other. */
export interface Findings {
  /** Ours divided by theirs: below 1 is better than they. */
  readonly ratios: Readonly<Record<string, number>>;
  /** By name, the unit at its end (`Ms`, `Mb`, `Seconds`). */
  readonly medians: Readonly<Record<string, number>>;
  /** Parts of a whole, in [0, 1]. */
  readonly shares: Readonly<Record<string, number>>;
  /** In [0, 1], more is better: their limits are what they must be at least. */
  readonly qualities: Readonly<Record<string, number>>;
  readonly trainings: Readonly<Record<string, Training>>;
  /** Files that took part, by what they were for. */
  readonly photos: Readonly<Record<string, readonly string[]>>;
  /** What could not be measured, and why. */
  readonly missing: Texts;
  /** What each process that was measured ran with. */
  readonly processes: Readonly<Record<string, Process>>;
}

export const NOTHING: Findings = {
  ratios: {},
  medians: {},
  shares: {},
  qualities: {},
  trainings: {},
  photos: {},
  missing: {},
  processes: {},
};

export interface Report extends Findings {
  /** What a ratio, median or share of this name may be at most, a quality at least. */
  readonly limits: Readonly<Record<string, number>>;
}

export function joined(parts: readonly Findings[]): Findings {
  return parts.reduce(
    (all, part) => ({
      ratios: { ...all.ratios, ...part.ratios },
      medians: { ...all.medians, ...part.medians },
      shares: { ...all.shares, ...part.shares },
      qualities: { ...all.qualities, ...part.qualities },
      trainings: { ...all.trainings, ...part.trainings },
      photos: { ...all.photos, ...part.photos },
      missing: { ...all.missing, ...part.missing },
      processes: { ...all.processes, ...part.processes },
    }),
    NOTHING,
  );
}

const ratio = (value: number): string => value.toFixed(2);
const four = (value: number): string => value.toFixed(4);
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
const withInterval = ({ value, low, high, count }: Share): string =>
  `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}) of ${count} pairs`;
const inUnit = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

/** A line for each number, its limit beside it, and for everything that is missing. */
export function table({ ratios, medians, shares, qualities, trainings, photos, missing, limits }: Report): string {
  const rows = (title: string, values: Readonly<Record<string, number>>, text: (value: number) => string, least = false): string[] =>
    Object.entries(values).map(
      ([name, value]) => `${title.padEnd(8)} ${name.padEnd(28)} ${text(value).padStart(8)}${verdict(name, value, text, least)}`,
    );
  const verdict = (name: string, value: number, text: (value: number) => string, least: boolean): string => {
    const limit = limits[name];
    if (limit === undefined) return '';
    const kept = least ? value >= limit : value <= limit;
    return kept ? `  (limit ${text(limit)})` : `  ${least ? 'UNDER' : 'OVER'} the limit of ${text(limit)}`;
  };
  const trained = Object.entries(trainings).flatMap(([name, training]) => linesOf(name, training));
  const named = Object.entries(photos).map(([name, files]) => `photos   ${name}: ${files.join(' ')}`);
  const absent = Object.entries(missing).map(([name, why]) => `missing  ${name}: ${why}`);
  const numbers = [
    ...rows('ratio', ratios, ratio),
    ...rows('share', shares, percent),
    ...rows('quality', qualities, four, true),
    ...rows('median', medians, inUnit),
  ];
  return [...numbers, ...trained, ...named, ...absent, ''].join('\n');
}

function linesOf(name: string, { rounds, test }: Training): string[] {
  const each = rounds.map(({ seed, seconds, epochs, bestEpoch, test }) => {
    const curve = epochs.map(({ valAccuracy }) => valAccuracy.toFixed(3)).join(' ');
    return `training ${name} seed ${seed}: validation ${curve}; epoch ${bestEpoch} on the test split ${withInterval(test)}; ${inUnit(seconds)} s`;
  });
  return [...each, `training ${name}, all rounds: ${withInterval(test)} of the test splits`];
}
