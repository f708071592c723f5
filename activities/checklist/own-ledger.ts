/** The ledger of the run that a task belongs to, as it is on disk. */
import { readFile } from 'node:fs/promises';
import { Problem } from '../../configs/problem.js';
import { Ledger } from '../../configs/schema/ledger.js';
import { ledgerPath } from '../ledger-path.js';

/** @throws Problem NOT_FOUND where the run has none (its folder was removed while it ran), or one that cannot be read. */
export async function readOwnLedger(root: string, run: string): Promise<Ledger> {
  try {
    return Ledger.parse(JSON.parse(await readFile(ledgerPath(root, run), 'utf8')));
  } catch (cause) {
    const message = 'the ledger of this run is gone or cannot be read';
    throw new Problem({ code: 'NOT_FOUND', message, where: `runs/${run}/ledger.json`, cure: `emo-aen retry ${run}`, cause });
  }
}
