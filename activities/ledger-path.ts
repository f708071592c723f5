import { join } from 'node:path';

/** Absolute path of a run's ledger. Apart from its activity, so that reading commands need not load Temporal for it. */
export function ledgerPath(root: string, run: string): string {
  return join(root, 'runs', run, 'ledger.json');
}
