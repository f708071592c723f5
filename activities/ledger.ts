/** The orchestrator's own activities: keeping the ledger on disk and looking whether earlier results are still there. */
import { Context } from '@temporalio/activity';
import type { Ledger } from '../configs/schema/ledger.js';
import type { Artifact } from '../configs/schema/payload.js';
import { whileAlive } from './alive.js';
import type { LedgerFiles } from './ledger-files.js';
import { artifactDigests, checkArtifacts, type Verdict } from './verify.js';

export interface LedgerActivities {
  /** `revision` counts the ledger's changes. */
  writeLedger(ledger: Ledger, revision: number): Promise<void>;
  verifyArtifacts(artifacts: readonly Artifact[]): Promise<Verdict>;
}

export function ledgerActivities(root: string, files: LedgerFiles): LedgerActivities {
  return {
    writeLedger: (ledger, revision) => files.write({ ledger, revision, execution: executionNow() }),
    verifyArtifacts: (artifacts) => {
      const context = Context.current();
      const digests = artifactDigests(root, (message) => {
        context.log.warn(message);
      });
      return whileAlive(
        context,
        () => undefined,
        () => checkArtifacts(root, artifacts, digests),
      );
    },
  };
}

function executionNow(): string {
  return Context.current().info.workflowExecution?.runId ?? '';
}
