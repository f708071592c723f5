/** What the server knows of the tasks that run right now: attempt, progress, last failure. Answers without any worker. */
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import type { Failure } from '../configs/schema/ledger.js';
import { Progress } from '../configs/schema/payload.js';

export interface PendingTask {
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
  /** As told by its last heartbeat that the server has. */
  readonly progress: Progress | null;
  /** Of the attempt before. */
  readonly lastFailure: Failure | null;
  /** Whether the server has given it to a worker; else it waits for one, or for its next try. */
  readonly given: boolean;
  /** Whom it was given to last: `pid@host`; null for nobody yet. */
  readonly worker: string | null;
  /** Milliseconds since 1970 of the last heartbeat, or of the attempt's start; null where there is neither. */
  readonly lastSignAt: number | null;
  /** Milliseconds since 1970 of the next try; null where none is waited for. */
  readonly nextTryAt: number | null;
}

export interface Described {
  /** The status that Temporal gives the execution: RUNNING, COMPLETED, CANCELLED, TERMINATED, FAILED, TIMED_OUT. */
  readonly status: string;
  readonly pending: readonly PendingTask[];
}

/** PENDING_ACTIVITY_STATE_STARTED */
const STARTED = 2;

function millisecondsOf(
  time: { seconds?: { toNumber(): number } | number | null; nanos?: number | null } | null | undefined,
): number | null {
  const seconds = time?.seconds;
  if (seconds === null || seconds === undefined) return null;
  return (typeof seconds === 'number' ? seconds : seconds.toNumber()) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6);
}

/** @throws where the server does not know the execution or cannot be reached. */
export async function describeRun(client: Client, workflowId: string): Promise<Described> {
  const { status, raw } = await client.workflow.getHandle(workflowId).describe();
  const pending = (raw.pendingActivities ?? []).map(async (activity) => {
    const task = activity.activityId ?? '';
    const opened = (payloads: Payloads): Promise<unknown> => firstOf(client, workflowId, task, payloads);
    const progress = Progress.safeParse(await opened(activity.heartbeatDetails));
    const failed = activity.lastFailure;
    const told = FailureTold.safeParse(await opened(failed?.applicationFailureInfo?.details));
    const sign = activity.lastHeartbeatTime ?? activity.lastStartedTime;
    return {
      task,
      attempt: activity.attempt ?? 1,
      progress: progress.success ? progress.data : null,
      given: Number(activity.state) === STARTED,
      worker: activity.lastWorkerIdentity === '' ? null : (activity.lastWorkerIdentity ?? null),
      lastSignAt: millisecondsOf(sign),
      nextTryAt: millisecondsOf(activity.nextAttemptScheduleTime),
      lastFailure:
        failed === null || failed === undefined ? null : told.success ? told.data : ofTheServer(failed.applicationFailureInfo ?? null),
    };
  });
  return { status: status.name, pending: await Promise.all(pending) };
}

/** As `activities/failure.ts` tells it. */
const FailureTold = z.object({
  code: z.string(),
  message: z.string(),
  where: z.string().nullable().default(null),
  cure: z.string().nullable().default(null),
});

/** A failure without sealed details: the server's own, of a worker that went silent, or one that somebody else made. */
function ofTheServer(told: object | null): Failure {
  if (told === null)
    return { code: 'STALLED', message: 'no sign of life within its heartbeat time, or its timeout passed', where: null, cure: null };
  return { code: 'UNSEALED', message: 'it failed, and who says so has no key of this project', where: null, cure: null };
}

type Payloads = { readonly payloads?: Payload[] | null } | null | undefined;

/** The first of what was sealed for this task; null where there is none. */
async function firstOf(client: Client, workflowId: string, task: string, payloads: Payloads): Promise<unknown> {
  const [payload] = payloads?.payloads ?? [];
  if (payload === undefined) return null;
  const { defaultPayloadConverter } = await import('@temporalio/common'); // as in cli/run/update.ts
  const { namespace, loadedDataConverter } = client.options;
  const context = { type: 'activity', namespace, workflowId, activityId: task, isLocal: false } as const;
  let opened = [payload];
  for (const codec of loadedDataConverter.payloadCodecs) opened = await codec.decode(opened, context);
  return opened[0] === undefined ? null : defaultPayloadConverter.fromPayload(opened[0]);
}
