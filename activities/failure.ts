/** What went wrong in an activity, in the form that Temporal carries: its type is our code, its details are what a person needs. */
import { inspect } from 'node:util';
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Problem } from '../configs/problem.js';
import { fromSystemError } from '../configs/system-error.js';

export interface ActivityEnd {
  readonly error: Error;
  readonly message: string;
  /** By a cancellation or a worker's shutdown, not by a fault. */
  readonly interrupted: boolean;
}

/**
 * A Problem keeps its code and is retried if its kind can pass by itself; a worker's shutdown is retried at once; anything else
 * is a defect of ours, `UNEXPECTED`, retried as the policy says, with its chain of causes.
 */
export function activityFailure(thrown: unknown, context: Context, task: string): ActivityEnd {
  const { attempt } = context.info;
  const { cancellationSignal } = context;
  if (cancellationSignal.aborted) return interruption(cancellationSignal.reason, attempt);
  const error = fromSystemError(thrown, task);
  if (error instanceof Problem) {
    const { code, message, retryable, cause } = error;
    return {
      message: error.describe(),
      interrupted: false,
      error: ApplicationFailure.create({
        type: code,
        message,
        nonRetryable: !retryable,
        details: [{ ...error.toJSON(), attempt }],
        ...(cause instanceof Error ? { cause } : {}),
      }),
    };
  }
  const message = wordsOf(error);
  return {
    message: error instanceof Error ? (error.stack ?? message) : message,
    interrupted: false,
    error: ApplicationFailure.create({
      type: 'UNEXPECTED',
      message,
      details: [{ code: 'UNEXPECTED', message, attempt }],
      ...(error instanceof Error ? { cause: readable(error) } : {}),
    }),
  };
}

/** What anything that was thrown says: code that is not ours throws strings, objects and several errors at once. */
function wordsOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) {
    return [thrown.message, ...thrown.errors.map(wordsOf)].filter((part) => part !== '').join('; ');
  }
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message;
  return typeof thrown === 'string' ? thrown : inspect(thrown);
}

/** The same error and its causes, where several at once are told by their words: Temporal carries one message each, and one cause. */
function readable(error: Error): Error {
  const cause = error.cause instanceof Error ? readable(error.cause) : error.cause;
  const message = wordsOf(error);
  if (message === error.message && cause === error.cause) return error;
  const copy = new Error(message, cause === undefined ? {} : { cause });
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
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
