/** The ledger of the run that a task belongs to, as it is on disk. */
import { Problem } from '../../configs/problem.js';
import { Ledger } from '../../configs/schema/ledger.js';
import { readRecord } from '../../ml/files/record.js';
import { ledgerPath } from '../ledger-path.js';

/** @throws Problem NOT_FOUND where the run has none (its folder was removed while it ran), or one that cannot be read. */
export async function readOwnLedger(root: string, run: string): Promise<Ledger> {
  const found = await readRecord(ledgerPath(root, run), Ledger);
  if (found.is === 'sound') return found.value;
  const message = `the ledger of this run ${found.is === 'absent' ? 'is gone' : found.why}`;
  throw new Problem({ code: 'NOT_FOUND', message, where: `runs/${run}/ledger.json`, cure: `emo-aen retry ${run}` });
}
