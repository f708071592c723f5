/** What Temporal says of a failed activity, as a person reads it in the ledger. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { WorkerShutdown } from '../activities/failure.js';
import type { Failure } from '../configs/schema/ledger.js';

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

/** Details as `activities/wrap.ts` writes them: the problem's fields and the attempt. */
interface FailureDetails {
  readonly message: string;
  readonly where?: string;
  readonly cure?: string;
  readonly attempt: number;
}

function readApplicationFailure(failure: ApplicationFailure): TaskFailure {
  const details = failure.details?.[0] as FailureDetails | undefined;
  return {
    failure: {
      code: failure.type ?? 'UNEXPECTED',
      message: causeChain(failure),
      where: details?.where ?? null,
      cure: details?.cure ?? null,
    },
    attempt: details?.attempt ?? null,
    workerLost: failure.type === WORKER_SHUTDOWN,
  };
}

function causeChain(error: Error): string {
  const messages: string[] = [];
  for (let next: unknown = error; next instanceof Error; next = next.cause)
    if (!messages.includes(next.message)) messages.push(next.message);
  return messages.join('; caused by: ');
}
