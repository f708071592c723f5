/** The workflow: wires a {@link Run} to Temporal's messages and cancellation. WHEN things happen; how is the activities' business. */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  continueAsNew,
  setHandler,
  type defineUpdate,
} from '@temporalio/workflow';
import type { z } from 'zod';
import type { Ledger } from '../configs/schema/ledger.js';
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
} from './messages.js';
import { APPROVE, INPUT, parse, PERSON, RETRY, SKIP, UNTIL } from './parse.js';
import { refuseApprove, refuseEnding, refusePause, refuseResume, refuseRetry, refuseSkip, refuseUntil, type Refusal } from './refusals.js';
import { Run } from './run.js';
import { isSealed, unsealed } from './seal.js';

type Update<Answer, Request> = ReturnType<typeof defineUpdate<Answer, [Request]>>;

/** The type of the failure that a run ends with in Temporal where a task is declared fail-fast. */
const FAILED_FAST = 'FAILED_FAST';

/**
 * Ends with the run's state. Temporal lets a workflow end as cancelled only when Temporal was asked to cancel it, so
 * `emo-aen cancel` asks both: the Update, which says who, and Temporal.
 * @throws ApplicationFailure when the input is not that of a run, or a task failed that is declared fail-fast; CancelledFailure when
 * Temporal was asked; ContinueAsNew when the run goes on in a new history.
 */
export async function pipeline(given: unknown): Promise<PipelineResult> {
  if (!isSealed(given)) throw unsealed('what starts this run');
  const input: PipelineInput = parse(INPUT, given, 'the input of a run');
  const run = new Run(input);
  setHandler(ledgerQuery, () => run.ledger);
  setHandler(rememberedQuery, () => run.remembered());
  /** Answers an Update; `refuse` says why its request makes no sense now. */
  const answer = <Request, Answer>(
    update: Update<Answer, Request>,
    schema: z.ZodType<Request>,
    refuse: (ledger: Ledger, request: Request) => Refusal | null,
    act: (request: Request) => Answer,
  ): void => {
    const read = (request: unknown): Request => parse(schema, request, `a request to ${update.name}`);
    setHandler(update, (request) => act(read(request)), {
      validator: (request) => {
        if (!isSealed(request)) throw unsealed('this request');
        insist(refuseEnding(run.ledger, run.endingReason) ?? refuse(run.ledger, read(request)));
      },
    });
  };
  answer(retryUpdate, RETRY, refuseRetry, (request) => run.retry(request));
  answer(skipUpdate, SKIP, refuseSkip, (request) => run.skip(request));
  answer(approveUpdate, APPROVE, refuseApprove, (request) => run.approve(request));
  answer(untilUpdate, UNTIL, refuseUntil, (request) => run.until(request));
  answer(pauseUpdate, PERSON, refusePause, (request) => run.pause(request));
  answer(resumeUpdate, PERSON, refuseResume, (request) => run.resume(request));
  answer(
    cancelUpdate,
    PERSON,
    () => null,
    (request) => run.cancel(request),
  );

  // `temporal workflow cancel` does the same as `emo-aen cancel`; what is left to do then (the last ledger) must not be cancelled too.
  const scope = CancellationScope.current();
  scope.cancelRequested.catch(() => run.cancel({ by: 'Temporal' }));
  // The scope knows of a cancellation a moment before the promise above tells of it.
  const allHeard = (): boolean => allHandlersFinished() && (!scope.consideredCancelled || run.endingReason !== null);
  const ended = await CancellationScope.nonCancellable(() => run.toTheEnd(allHeard));
  if (ended === 'continue') return continueAsNew<typeof pipeline>(run.nextInput());
  if (run.ledger.state === 'failed')
    throw ApplicationFailure.nonRetryable(`run ${input.run}: ${run.endingReason ?? 'failed'}`, FAILED_FAST);
  if (scope.consideredCancelled && run.ledger.state === 'cancelled') throw new CancelledFailure(`run ${input.run} was cancelled`);
  return { run: input.run, state: run.ledger.state };
}

function insist(refusal: Refusal | null): void {
  if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal.message, REFUSED, refusal);
}
