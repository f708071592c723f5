import { join } from 'node:path';
import { Problem } from '../configs/problem.js';
import { nameFault } from '../configs/schema/path.js';

/** Absolute path of a run's ledger. Apart from its activity, so that reading commands need not load Temporal for it. */
export function ledgerPath(root: string, run: string): string {
  return join(runFolder(root, 'runs', run), 'ledger.json');
}

/**
 * A run's folder. It may be a link, to another disk for example: a person put that there.
 * @throws Problem CONFLICT where the run's name, which payloads and ledgers bring, is no name.
 */
export function runFolder(root: string, place: 'runs' | 'logs', run: string): string {
  const fault = nameFault(run);
  if (fault === null) return join(root, place, run);
  throw new Problem({ code: 'CONFLICT', message: `the name of the run ${fault}`, where: `${place}/`, cure: 'emo-aen runs lists the runs' });
}
