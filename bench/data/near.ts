/** Near-duplicates among 100,000 hashes: a search that is exact, and does not compare all with all. */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { median } from '../../ml/ranking/median.js';
import { runJson } from '../measure.js';
import { NOTHING, type Findings } from '../report.js';
import type { DataOptions, Note } from './data.js';

const OURS = fileURLToPath(new URL('our-near-duplicates.js', import.meta.url));
const Measured = z.object({ seconds: z.number(), cpuSeconds: z.number(), photos: z.int(), edges: z.int(), peakMb: z.number() });

export async function measureNear({ rounds }: DataOptions, note: Note): Promise<Findings> {
  const measured: z.infer<typeof Measured>[] = [];
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}: near-duplicates`);
    measured.push(Measured.parse(await runJson(process.execPath, [OURS])));
  }
  const of = (value: (each: z.infer<typeof Measured>) => number): number => median(measured.map(value));
  const medians = {
    nearDuplicatesSeconds: of(({ seconds }) => seconds),
    nearDuplicatesCpuSeconds: of(({ cpuSeconds }) => cpuSeconds),
    nearDuplicatesPeakMb: of(({ peakMb }) => peakMb),
  };
  return { ...NOTHING, medians };
}
