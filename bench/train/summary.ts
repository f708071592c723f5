/** From what the programs measured to medians and ratios. */
import { z } from 'zod';
import { median } from '../../ml/ranking/median.js';
import type { Findings } from '../report.js';

/** What each contestant's program prints. */
export const Measured = z.object({
  /** Of each timed step. */
  milliseconds: z.array(z.number().positive()).min(1),
  /** From the model's making to the end of its first step: initial weights, tracing, loading, compiling. The libraries are loaded already. */
  firstStepSeconds: z.number().positive(),
  /** Highest resident memory once the libraries are loaded, and in the end. */
  importedMb: z.number().positive(),
  peakMemoryMb: z.number().positive(),
  versions: z.record(z.string(), z.string()),
});
export type Measured = z.infer<typeof Measured>;

type Medians = {
  /** Over the steps of all rounds. */
  readonly Ms: number;
  /** These over the rounds. */
  readonly FirstStepSeconds: number;
  readonly ImportedMb: number;
  readonly PeakMb: number;
};

/** Ours divided by whose and by what. The memory that is limited is that of PyTorch's eager mode. */
const RATIOS: Readonly<Record<string, { readonly of: string; readonly by: keyof Medians }>> = {
  kerasGraph: { of: 'kerasGraph', by: 'Ms' },
  torchEager: { of: 'torchEager', by: 'Ms' },
  torchCompile: { of: 'torchCompile', by: 'Ms' },
  withoutOwnOperations: { of: 'withoutOwnOperations', by: 'Ms' },
  memoryWithoutOwnOperations: { of: 'withoutOwnOperations', by: 'PeakMb' },
  memoryKeras: { of: 'kerasGraph', by: 'PeakMb' },
  memoryTorch: { of: 'torchEager', by: 'PeakMb' },
  memoryTorchCompile: { of: 'torchCompile', by: 'PeakMb' },
};

/**
 * @param measured the rounds of each contestant by name, `ours` among them
 * @returns medians by name and unit (`oursMs`), and the ratios whose other side was measured
 */
export function summarise(measured: ReadonlyMap<string, readonly Measured[]>): Pick<Findings, 'ratios' | 'medians'> {
  const medians = new Map([...measured].map(([name, rounds]) => [name, mediansOf(rounds)]));
  const ours = medians.get('ours');
  if (ours === undefined) throw new Error('our own step was not measured');
  const ratios = Object.entries(RATIOS).flatMap(([name, { of, by }]) => {
    const theirs = medians.get(of);
    return theirs === undefined ? [] : [[name, ours[by] / theirs[by]] as const];
  });
  const named = [...medians].flatMap(([name, values]) =>
    Object.entries(values).map(([unit, value]: [string, number]) => [`${name}${unit}`, value] as const),
  );
  return {
    ratios: Object.fromEntries(ratios),
    medians: Object.fromEntries(named),
  };
}

function mediansOf(rounds: readonly Measured[]): Medians {
  return {
    Ms: median(rounds.flatMap(({ milliseconds }) => milliseconds)),
    FirstStepSeconds: median(rounds.map(({ firstStepSeconds }) => firstStepSeconds)),
    ImportedMb: median(rounds.map(({ importedMb }) => importedMb)),
    PeakMb: median(rounds.map(({ peakMemoryMb }) => peakMemoryMb)),
  };
}
