/** What Temporal says of a failed activity, as a person reads it in the ledger. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { WorkerShutdown } from '../activities/failure.js';
import type { ProblemCode } from '../configs/problem.js';
import type { Failure } from '../configs/schema/ledger.js';
import { isSealed } from './seal.js';

export interface TaskFailure {
  readonly failure: Failure;
  /** The attempt that failed last, where the activity itself could tell. */
  readonly attempt: number | null;
  /** The worker went away: not the task's fault. */
  readonly workerLost: boolean;
}

const WORKER_SHUTDOWN: WorkerShutdown = 'WORKER_SHUTDOWN';

export function readFailure(error: unknown): TaskFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return readTimeout(cause);
  if (cause instanceof ApplicationFailure) return readApplicationFailure(cause);
  const message = error instanceof Error ? causeChain(error) : String(error);
  return { failure: { code: 'UNEXPECTED', message, where: null, cure: null }, attempt: null, workerLost: false };
}

const ONE_TRY = ['TIMEOUT', 'took longer than its timeout allows', 'raise its timeout in the pipeline file, then retry'] as const;

const TIMEOUTS: Readonly<Record<string, readonly [code: string, message: string, cure: string]>> = {
  HEARTBEAT: ['STALLED', 'no sign of life within its heartbeat time: the worker died or the task hung', 'see emo-aen doctor, then retry'],
  SCHEDULE_TO_START: ['TIMEOUT', 'waited for a worker longer than its queueTimeout allows', 'see emo-aen doctor, then retry'],
  SCHEDULE_TO_CLOSE: [
    'TIMEOUT',
    'took longer with all its tries than its totalTimeout allows',
    'raise its totalTimeout in the pipeline file, then retry',
  ],
};

function readTimeout(timeout: TimeoutFailure): TaskFailure {
  const [code, message, cure] = TIMEOUTS[timeout.timeoutType ?? ''] ?? ONE_TRY;
  return { failure: { code, message, where: null, cure }, attempt: null, workerLost: timeout.timeoutType === 'HEARTBEAT' };
}

/** Details as `activities/failure.ts` writes them: the problem's fields, the messages of its causes and the attempt. */
interface FailureDetails {
  readonly code: string;
  readonly message: string;
  readonly where?: string;
  readonly cure?: string;
  readonly causes?: readonly string[];
  readonly attempt: number;
}

/** Only the details are sealed. Type and message of the failure itself anybody can write who reaches the server. */
function readApplicationFailure(failure: ApplicationFailure): TaskFailure {
  const details: unknown = failure.details?.[0];
  if (!isSealed(details)) return { failure: UNSEALED_FAILURE, attempt: null, workerLost: false };
  const { code, message, where = null, cure = null, causes = [], attempt } = details as FailureDetails;
  const messages = [...new Set([message, ...causes])];
  return {
    failure: { code, message: messages.join('; caused by: '), where, cure },
    attempt,
    workerLost: code === WORKER_SHUTDOWN,
  };
}

const UNSEALED_FAILURE: Failure = {
  code: 'UNSEALED',
  message: 'it failed, and who says so has no key of this project',
  where: null,
  cure: null,
};

function causeChain(error: Error): string {
  const messages: string[] = [];
  for (let next: unknown = error; next instanceof Error; next = next.cause)
    if (!messages.includes(next.message)) messages.push(next.message);
  return messages.join('; caused by: ');
}

/** Of a task that wrote over a file of another one. A task keeps to its own folder, so this is a file that it publishes elsewhere. */
export function wroteOver(task: string, path: string, madeBy: string, attempt: number): ApplicationFailure {
  const code: ProblemCode = 'CONFLICT';
  const message = `${task} wrote over a file that ${madeBy} made`;
  const cure = 'let each write a file of its own, then retry both';
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [{ code, message, where: path, cure, attempt }] });
}
