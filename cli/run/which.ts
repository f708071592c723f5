/** What a command is about: the run named, or the one that started last; a task of it. */
import { nearest } from '../../configs/load/nearest.js';
import { Problem } from '../../configs/problem.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { readLedgers } from '../../workers/candidates.js';

/** @throws Problem NOT_FOUND where none is named and there is none. */
export async function whichRun(root: string, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const [newest] = await readLedgers(root);
  if (newest === undefined) throw new Problem({ code: 'NOT_FOUND', message: 'there is no run here yet', cure: 'emo-aen run starts one' });
  return newest.run;
}

/** @throws Problem USAGE where the run has no such task. */
export function insistOnTask(ledger: Ledger, task: string): void {
  const names = ledger.tasks.map(({ plan }) => plan.name);
  if (names.includes(task)) return;
  const close = nearest(task, names);
  const cure = close === null ? `its tasks: ${names.join(', ')}` : `did you mean ${close}?`;
  throw new Problem({ code: 'USAGE', message: `run ${ledger.run} has no task ${task}`, cure });
}
