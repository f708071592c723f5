/** A run of the eight stages of which everything serves again: the quickstart of this clone, once `npm start` has completed it. */
import { join } from 'node:path';
import { CLONE } from '../../configs/load/installation.js';
import { readLedgers } from '../../workers/candidates.js';
import { median } from '../../ml/ranking/median.js';
import { runProgram } from '../measure.js';
import { NOTHING, type Findings } from '../report.js';
import type { Note, OrchestrateOptions } from './orchestrate.js';

const PIPELINE = 'configs/quickstart/pipeline.yaml';
const PROGRAM = join(CLONE, 'bin', 'emo-aen.cjs');

export async function measureReused({ rounds }: OrchestrateOptions, note: Note): Promise<Findings> {
  const finished = (await readLedgers(CLONE)).some(({ file, state }) => file === PIPELINE && state === 'completed');
  if (!finished) return { ...NOTHING, missing: { reusedRun: 'no run of the quickstart is completed in this clone: npm start makes one' } };
  const emo = (...words: string[]): Promise<string> => runProgram(process.execPath, [PROGRAM, ...words, '--root', CLONE]);
  await emo('up');
  const seconds: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    note(`a run of the quickstart of which everything serves again, ${round} of ${rounds}`);
    const begun = performance.now();
    await emo('run', '--pipeline', PIPELINE);
    if (round > 0) seconds.push((performance.now() - begun) / 1000);
  }
  return { ...NOTHING, medians: { reusedRunSeconds: median(seconds) } };
}
