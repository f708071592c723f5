/** The orchestrator's own activities: keeping the ledger on disk and looking whether earlier results are still there. */
import { Context } from '@temporalio/activity';
import type { Ledger } from '../configs/schema/ledger.js';
import type { Artifact } from '../configs/schema/payload.js';
import { writeJsonAtomically } from '../ml/files/atomic.js';
import { whileAlive } from './alive.js';
import { ledgerPath } from './ledger-path.js';
import { checkArtifacts, type Verdict } from './verify.js';

export interface LedgerActivities {
  writeLedger(ledger: Ledger): Promise<void>;
  verifyArtifacts(artifacts: readonly Artifact[]): Promise<Verdict>;
}

export function ledgerActivities(root: string): LedgerActivities {
  return {
    writeLedger: (ledger) => writeJsonAtomically(ledgerPath(root, ledger.run), ledger),
    verifyArtifacts: (artifacts) =>
      whileAlive(
        Context.current(),
        () => undefined,
        () => checkArtifacts(root, artifacts),
      ),
  };
}
