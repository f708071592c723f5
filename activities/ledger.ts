/** The orchestrator's own activities: keeping the ledger on disk and looking whether earlier results are still there. */
import { Context } from '@temporalio/activity';
import type { Ledger } from '../configs/schema/ledger.js';
import type { Artifact } from '../configs/schema/payload.js';
import { whileAlive } from './alive.js';
import { activityFailure } from './failure.js';
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
      const check = (): Promise<Verdict> => checkArtifacts(root, artifacts, digests);
      return whileAlive(context, () => undefined, check).catch((error: unknown) => {
        // The workflow believes a failure by its sealed details alone.
        throw activityFailure(error, context, 'looking at earlier results', (text) => text).error;
      });
    },
  };
}

function executionNow(): string {
  return Context.current().info.workflowExecution?.runId ?? '';
}
