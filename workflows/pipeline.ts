/** The workflow: wires a {@link Run} to Temporal's messages and cancellation. WHEN things happen; how is the activities' business. */
import { allHandlersFinished, ApplicationFailure, CancelledFailure, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { PipelineInput, PipelineResult } from './input.js';
import { cancelUpdate, ledgerQuery, pauseUpdate, REFUSED, resumeUpdate, retryUpdate, skipUpdate } from './messages.js';
import { refuseCancel, refusePause, refuseResume, refuseRetry, refuseSkip, type Refusal } from './refusals.js';
import { Run } from './run.js';

/** @throws CancelledFailure when the run was cancelled, so that Temporal shows it as such too. */
export async function pipeline(input: PipelineInput): Promise<PipelineResult> {
  const run = new Run(input);
  // A run that is winding down hears of nothing else: every Update but a question is refused.
  const unlessCancelling = <Request>(refuse: (request: Request) => Refusal | null) => ({
    validator: (request: Request) => insist(refuseCancel(run.isCancelling, input.run) ?? refuse(request)),
  });
  setHandler(ledgerQuery, () => run.ledger);
  setHandler(retryUpdate, (request) => run.retry(request), unlessCancelling((request) => refuseRetry(run.ledger, request)));
  setHandler(skipUpdate, (request) => run.skip(request), unlessCancelling((request) => refuseSkip(run.ledger, request)));
  setHandler(pauseUpdate, (request) => run.pause(request), unlessCancelling(() => refusePause(run.ledger)));
  setHandler(resumeUpdate, (request) => run.resume(request), unlessCancelling(() => refuseResume(run.ledger)));
  setHandler(cancelUpdate, (request) => run.cancel(request), unlessCancelling(() => null));

  // `temporal workflow cancel` does the same as `emo-aen cancel`; what is left to do then (the last ledger) must not be cancelled too.
  CancellationScope.current().cancelRequested.catch(() => run.cancel({ by: 'Temporal' }));
  await CancellationScope.nonCancellable(() => run.toTheEnd());
  await condition(allHandlersFinished);
  if (run.ledger.state === 'cancelled') throw new CancelledFailure(`run ${input.run} was cancelled`);
  return { run: input.run, state: run.ledger.state };
}

function insist(refusal: Refusal | null): void {
  if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal.message, REFUSED, refusal);
}
