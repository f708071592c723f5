/** What the server knows of the tasks that run right now: attempt, progress, last failure. Answers without any worker. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { Progress } from '../configs/schema/payload.js';

export interface PendingTask {
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
  /** Whether a worker has it; else it waits for a worker or for its next attempt. */
  readonly started: boolean;
  /** As told by its last heartbeat that the server has. */
  readonly progress: Progress | null;
  readonly lastFailure: string | null;
}

/** The status that Temporal gives the execution, and its pending tasks. @throws where the server does not know it or cannot be reached. */
export async function describeRun(
  client: Client,
  workflowId: string,
): Promise<{ readonly status: string; readonly pending: PendingTask[] }> {
  const { status, raw } = await client.workflow.getHandle(workflowId).describe();
  const pending = (raw.pendingActivities ?? []).map((activity) => {
    const [details] = activity.heartbeatDetails?.payloads ?? [];
    const progress = Progress.safeParse(details === undefined ? null : defaultPayloadConverter.fromPayload(details));
    return {
      task: activity.activityId ?? '',
      attempt: activity.attempt ?? 1,
      started: Number(activity.state) === STARTED,
      progress: progress.success ? progress.data : null,
      lastFailure: activity.lastFailure?.message ?? null,
    };
  });
  return { status: status.name, pending };
}

/** `PENDING_ACTIVITY_STATE_STARTED` of Temporal's API. */
const STARTED = 2;

export async function pendingTasks(client: Client, workflowId: string): Promise<PendingTask[]> {
  return (await describeRun(client, workflowId)).pending;
}
