/** What the server knows of the tasks that run right now: attempt, progress, last failure. Answers without any worker. */
import type { Client } from '@temporalio/client';
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
}

export interface Described {
  /** The status that Temporal gives the execution: RUNNING, COMPLETED, CANCELLED, TERMINATED, FAILED, TIMED_OUT. */
  readonly status: string;
  readonly pending: readonly PendingTask[];
}

/** @throws where the server does not know the execution or cannot be reached. */
export async function describeRun(client: Client, workflowId: string): Promise<Described> {
  const { defaultPayloadConverter } = await import('@temporalio/common'); // as in cli/run/update.ts
  const { status, raw } = await client.workflow.getHandle(workflowId).describe();
  const pending = (raw.pendingActivities ?? []).map((activity) => {
    const [details] = activity.heartbeatDetails?.payloads ?? [];
    const progress = Progress.safeParse(details === undefined ? null : defaultPayloadConverter.fromPayload(details));
    const failed = activity.lastFailure;
    return {
      task: activity.activityId ?? '',
      attempt: activity.attempt ?? 1,
      progress: progress.success ? progress.data : null,
      lastFailure:
        failed === null || failed === undefined
          ? null
          : { code: failed.applicationFailureInfo?.type ?? 'STALLED', message: failed.message ?? '', where: null, cure: null },
    };
  });
  return { status: status.name, pending };
}
