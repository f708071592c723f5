/** The workflow: wires a {@link Run} to Temporal's messages and cancellation. WHEN things happen; how is the activities' business. */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
} from '@temporalio/workflow';
import type { PipelineInput, PipelineResult } from './input.js';
import {
  approveUpdate,
  cancelUpdate,
  ledgerQuery,
  pauseUpdate,
  REFUSED,
  rememberedQuery,
  resumeUpdate,
  retryUpdate,
  skipUpdate,
  untilUpdate,
  type ApproveRequest,
  type UntilRequest,
} from './messages.js';
import { wholeRetry, wholeSkip, type OlderRetry, type OlderSkip } from './older.js';
import { refuseApprove, refuseEnding, refusePause, refuseResume, refuseRetry, refuseSkip, refuseUntil, type Refusal } from './refusals.js';
import { Run } from './run.js';
import { isSealed, unsealed } from './seal.js';

/** The type of the failure that a run ends with in Temporal where a task is declared fail-fast. */
const FAILED_FAST = 'FAILED_FAST';

/**
 * Ends with the run's state. Temporal lets a workflow end as cancelled only when Temporal was asked to cancel it, so
 * `emo-aen cancel` asks both: the Update, which says who, and Temporal.
 * @throws CancelledFailure when Temporal was asked; ApplicationFailure when a task failed that is declared fail-fast; ContinueAsNew when
 * the run goes on in a new history.
 */
export async function pipeline(input: PipelineInput): Promise<PipelineResult> {
  if (!isSealed(input)) throw unsealed('what starts this run');
  const run = new Run(input);
  const unlessEnding = <Request>(refuse: (request: Request) => Refusal | null): { validator: (request: Request) => void } => ({
    validator: (request) => {
      if (!isSealed(request)) throw unsealed('this request');
      insist(refuseEnding(run.ledger, run.endingReason) ?? refuse(request));
    },
  });
  setHandler(ledgerQuery, () => run.ledger);
  setHandler(rememberedQuery, () => run.remembered());
  setHandler(
    retryUpdate,
    (request) => run.retry(wholeRetry(request)),
    unlessEnding((request: OlderRetry) => refuseRetry(run.ledger, wholeRetry(request))),
  );
  setHandler(
    skipUpdate,
    (request) => run.skip(wholeSkip(request)),
    unlessEnding((request: OlderSkip) => refuseSkip(run.ledger, wholeSkip(request))),
  );
  setHandler(
    approveUpdate,
    (request) => run.approve(request),
    unlessEnding((request: ApproveRequest) => refuseApprove(run.ledger, request)),
  );
  setHandler(
    untilUpdate,
    (request) => run.until(request),
    unlessEnding((request: UntilRequest) => refuseUntil(run.ledger, request)),
  );
  setHandler(
    pauseUpdate,
    (request) => run.pause(request),
    unlessEnding(() => refusePause(run.ledger)),
  );
  setHandler(
    resumeUpdate,
    (request) => run.resume(request),
    unlessEnding(() => refuseResume(run.ledger)),
  );
  setHandler(
    cancelUpdate,
    (request) => run.cancel(request),
    unlessEnding(() => null),
  );

  // `temporal workflow cancel` does the same as `emo-aen cancel`; what is left to do then (the last ledger) must not be cancelled too.
  const scope = CancellationScope.current();
  scope.cancelRequested.catch(() => run.cancel({ by: 'Temporal' }));
  const ended = await CancellationScope.nonCancellable(() => run.toTheEnd());
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  if (ended === 'continue') return continueAsNew<typeof pipeline>(run.nextInput());
  if (run.ledger.state === 'failed')
    throw ApplicationFailure.nonRetryable(`run ${input.run}: ${run.endingReason ?? 'failed'}`, FAILED_FAST);
  if (scope.consideredCancelled && run.ledger.state === 'cancelled') throw new CancelledFailure(`run ${input.run} was cancelled`);
  return { run: input.run, state: run.ledger.state };
}

function insist(refusal: Refusal | null): void {
  if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal.message, REFUSED, refusal);
}
