/** What went wrong in an activity, in the form that Temporal carries: its type is our code, its details are what a person needs. */
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Problem } from '../configs/problem.js';
import { fromSystemError } from '../configs/system-error.js';
import { errorOf, recordOf, type Hide } from '../configs/failure.js';

export interface ActivityEnd {
  readonly error: Error;
  readonly message: string;
  /** By a cancellation or a worker's shutdown, not by a fault. */
  readonly interrupted: boolean;
}

/**
 * A Problem keeps its code and is retried if its kind can pass by itself; a worker's shutdown is retried at once; anything else
 * is a defect, `UNEXPECTED`, retried as the policy says, with its chain of causes. No text is longer than a record allows.
 */
export function activityFailure(thrown: unknown, context: Context, task: string, hide: Hide): ActivityEnd {
  const { attempt } = context.info;
  const { cancellationSignal } = context;
  if (cancellationSignal.aborted) return interruption(cancellationSignal.reason, attempt);
  const record = recordOf(fromSystemError(thrown, task), hide);
  const { code, message, where, cure, stack } = record;
  const error = errorOf(record);
  const known = error instanceof Problem;
  const advice = { ...(where === undefined ? {} : { where }), ...(cure === undefined ? {} : { cure }) };
  // Temporal shows the stack of a cause only: a defect is its own.
  const cause = known ? error.cause : error;
  return {
    message: known ? error.describe() : (stack ?? message),
    interrupted: false,
    error: ApplicationFailure.create({
      type: code,
      message,
      nonRetryable: known && !error.retryable,
      // Of all this only the details are sealed: the rest is for Temporal's UI, and the workflow does not believe it.
      details: [{ code, message, ...advice, causes: record.causes.map((one) => one.message), attempt }],
      ...(cause instanceof Error ? { cause } : {}),
    }),
  };
}

/** The failure's type by which the workflow knows the worker's end, which is not the task's fault. */
export type WorkerShutdown = 'WORKER_SHUTDOWN';
const WORKER_SHUTDOWN: WorkerShutdown = 'WORKER_SHUTDOWN';

function interruption(reason: unknown, attempt: number): ActivityEnd {
  if (reason instanceof CancelledFailure && reason.message !== WORKER_SHUTDOWN) {
    return { error: reason, message: `interrupted: ${reason.message}`, interrupted: true };
  }
  const message = 'the worker was shut down';
  const error = ApplicationFailure.create({
    type: WORKER_SHUTDOWN,
    message,
    nextRetryDelay: '1s',
    details: [{ code: WORKER_SHUTDOWN, message, attempt }],
  });
  return { error, message, interrupted: true };
}
