/** The workflow: wires a {@link Run} to Temporal's messages and cancellation. WHEN things happen; how is the activities' business. */
import { allHandlersFinished, ApplicationFailure, CancelledFailure, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { PipelineInput, PipelineResult } from './input.js';
import {
  cancelUpdate,
  ledgerQuery,
  pauseUpdate,
  REFUSED,
  resumeUpdate,
  retryUpdate,
  skipUpdate,
  type RetryRequest,
  type SkipRequest,
} from './messages.js';
import { refuseEnding, refusePause, refuseResume, refuseRetry, refuseSkip, type Refusal } from './refusals.js';
import { Run } from './run.js';

/**
 * Ends with the run's state. Temporal lets a workflow end as cancelled only when Temporal was asked to cancel it, so
 * `emo-aen cancel` asks both: the Update, which says who, and Temporal.
 * @throws CancelledFailure when Temporal was asked.
 */
export async function pipeline(input: PipelineInput): Promise<PipelineResult> {
  const run = new Run(input);
  const unlessEnding = <Request>(refuse: (request: Request) => Refusal | null): { validator: (request: Request) => void } => ({
    validator: (request) => insist(refuseEnding(run.ledger, run.isCancelling) ?? refuse(request)),
  });
  setHandler(ledgerQuery, () => run.ledger);
  setHandler(
    retryUpdate,
    (request) => run.retry(request),
    unlessEnding((request: RetryRequest) => refuseRetry(run.ledger, request)),
  );
  setHandler(
    skipUpdate,
    (request) => run.skip(request),
    unlessEnding((request: SkipRequest) => refuseSkip(run.ledger, request)),
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
  await CancellationScope.nonCancellable(() => run.toTheEnd());
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  if (scope.consideredCancelled && run.ledger.state === 'cancelled') throw new CancelledFailure(`run ${input.run} was cancelled`);
  return { run: input.run, state: run.ledger.state };
}

function insist(refusal: Refusal | null): void {
  if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal.message, REFUSED, refusal);
}
