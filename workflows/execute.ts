/** Runs one task as an activity on its queue, with the time limits and retries of the plan. */
import { ActivityCancellationType, scheduleActivity, workflowInfo } from '@temporalio/workflow';
import type { TaskReport } from '../activities/wrap.js';
import type { TaskInput } from '../configs/schema/payload.js';
import type { PlannedTask } from '../configs/schema/plan.js';
import { readFailure } from './failure.js';
import { queueBeside } from './names.js';

/** Within how long a dead worker is noticed where the task declares no heartbeat of its own. */
const ALIVE_MS = 20_000;
/** How often the retries are given anew when the last one ended because its worker went away. */
const LOST_WORKER_ROUNDS = 5;

/**
 * Gives the task's report once it succeeds.
 * @throws ActivityFailure once its retries are spent, at once where the failure cannot pass by itself, or when cancelled.
 */
export async function execute(plan: PlannedTask, input: Omit<TaskInput, 'heartbeat' | 'env' | 'code'>): Promise<TaskReport> {
  const { env, code } = plan;
  const payload: TaskInput = { ...input, heartbeat: plan.heartbeatMs === null ? 'alive' : 'progress', env, code };
  const deadline = plan.totalTimeoutMs === null ? null : Date.now() + plan.totalTimeoutMs;
  for (let round = 1; ; round += 1) {
    try {
      return await scheduleActivity<TaskReport>(plan.uses, [payload], {
        activityId: plan.name,
        summary: plan.name,
        taskQueue: queueBeside(workflowInfo().taskQueue, plan.queue),
        startToCloseTimeout: plan.timeoutMs,
        ...(plan.queueTimeoutMs === null ? {} : { scheduleToStartTimeout: plan.queueTimeoutMs }),
        ...(deadline === null ? {} : { scheduleToCloseTimeout: Math.max(1, deadline - Date.now()) }),
        heartbeatTimeout: plan.heartbeatMs ?? ALIVE_MS,
        // A cancelled run says so only once its tasks have stopped; a dead worker's task counts as stopped after its heartbeat timeout.
        cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        retry: {
          initialInterval: plan.retry.backoffMs,
          backoffCoefficient: plan.retry.coefficient,
          maximumInterval: Math.max(plan.retry.maxBackoffMs, plan.retry.backoffMs),
          maximumAttempts: plan.retry.attempts,
          nonRetryableErrorTypes: plan.retry.nonRetryable,
        },
      });
    } catch (error) {
      if (round === LOST_WORKER_ROUNDS || !readFailure(error).workerLost) throw error;
    }
  }
}
