/** Sends a person's request to a run as a Temporal Update: accepted, or refused with the reason. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../../configs/problem.js';
import { lookForLedger, readLedger } from '../../workers/candidates.js';
import { unsealedAnswer } from '../../workers/project/unsealed.js';
import { unknownRun } from '../../workers/observe.js';
import { hasEnded } from '../../workers/report.js';
import { inMs } from '../../workers/deadline.js';
import type { TemporalLink } from '../../workers/temporal.js';
import { workflowIdOf } from '../../workflows/names.js';
import type { Refusal } from '../../workflows/refusals.js';

const ANSWER_MS = 15_000;
/** Longest that one try may wait: a connection that died silently must not cost all the time there is. */
const TRY_MS = 5_000;
const AGAIN_MS = 200;
/** gRPC's code for a server that cannot be reached. */
const UNAVAILABLE = 14;

/**
 * The Update's answer. Where it is lost on its way the request is sent again under the same id, which the server knows: it is carried
 * out once. (A run that went on in a new history between two tries knows no ids of the old one.)
 * @throws Problem CONFLICT where the run refuses it or has ended, NOT_FOUND where there is no such run, UNREACHABLE where no
 * worker answers: the request may then still be carried out later.
 */
export async function sendUpdate<Answer>(
  root: string,
  link: TemporalLink,
  run: string,
  update: string,
  request: object,
  updateId: string = randomUUID(),
): Promise<Answer> {
  const handle = link.client.workflow.getHandle(workflowIdOf(link.project.id, run));
  const deadline = performance.now() + ANSWER_MS;
  for (;;) {
    try {
      const answer = await link.connection.withDeadline(inMs(TRY_MS), async () => {
        const accepted = await handle.startUpdate<Answer, [object]>(update, { args: [request], updateId, waitForStage: 'ACCEPTED' });
        return accepted.result();
      });
      if (typeof answer === 'string') throw unsealedAnswer(`run ${run}`);
      return answer;
    } catch (error) {
      if (!(await isLost(error)) || performance.now() + AGAIN_MS > deadline) throw await explained(error, root, run);
    }
    await delay(AGAIN_MS);
  }
}

/** Whether nobody knows if the request arrived. */
async function isLost(error: unknown): Promise<boolean> {
  if (!(error instanceof Error)) return false;
  if (error.name === 'WorkflowUpdateRPCTimeoutOrCancelledError') return true;
  const { isGrpcServiceError } = await import('@temporalio/client'); // not at the top: help and completion need not wait for it
  return isGrpcServiceError(error.cause) && Number(error.cause.code) === UNAVAILABLE;
}

async function explained(error: unknown, root: string, run: string): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof Problem) return error;
  const { ApplicationFailure } = await import('@temporalio/common');
  if (error.name === 'WorkflowUpdateFailedError' && error.cause instanceof ApplicationFailure) {
    // Only the details are sealed: the failure's message anybody can write who reaches the server.
    const refusal: unknown = error.cause.details?.[0];
    return typeof refusal === 'object' && refusal !== null ? refused(refusal as Refusal) : unsealedAnswer(`run ${run}`);
  }
  if (error.name === 'WorkflowNotFoundError') return endedOrUnknown(root, run);
  const message = `no worker answered for run ${run}; the request may still be carried out when one does`;
  return new Problem({ code: 'UNREACHABLE', message, cure: `emo-aen up, then look with emo-aen status ${run}`, cause: error });
}

/** What a person is told whose request the run refuses. */
export function refused({ message, cure }: Pick<Refusal, 'message'> & { readonly cure: string | null }): Problem {
  return new Problem({ code: 'CONFLICT', message, ...(cure === null ? {} : { cure }) });
}

/** The problem of a run that cannot be acted on any more. */
export async function endedOrUnknown(root: string, run: string): Promise<Problem> {
  const ledger = await readLedger(root, run);
  if (ledger === null) return unknownRun(root, run);
  const message = hasEnded(ledger) ? `run ${run} has ended: it is ${ledger.state}` : `the Temporal server no longer knows run ${run}`;
  return new Problem({ code: 'CONFLICT', message, cure: `start a new one from it: emo-aen run --from-run ${run}` });
}

/** @throws that problem at once, before anything is brought up, where the disk already says so. */
export async function insistOnOpen(root: string, run: string): Promise<void> {
  const found = await lookForLedger(root, run); // where it is damaged, the run itself says whether it is open
  if (found.is === 'sound' && hasEnded(found.value)) throw await endedOrUnknown(root, run);
}
