/**
 * Runs that began, and requests that were made, before something was added to a plan or a message: what they lack is filled in, so that
 * all else sees one shape. Recorded histories of every version are replayed in the suite.
 */
import type { Plan, PlannedTask } from '../configs/schema/plan.js';
import type { RetryRequest, SkipRequest } from './messages.js';

/** As the schema's own defaults, which a workflow cannot ask: its bundle holds no zod. A test holds the two together. */
const TASK = {
  code: null,
  queueTimeoutMs: null,
  totalTimeoutMs: null,
  onFailure: 'stop-dependents',
  optional: false,
  approval: null,
  leg: null,
  env: [],
  references: [],
} satisfies Partial<PlannedTask>;
const RETRY = { coefficient: 2, maxBackoffMs: 300_000, nonRetryable: [] } satisfies Partial<PlannedTask['retry']>;

type Added = keyof typeof TASK;
type AddedToRetry = keyof typeof RETRY;

export type OlderTask = Omit<PlannedTask, Added | 'retry'> &
  Partial<Pick<PlannedTask, Added>> & { readonly retry: Omit<PlannedTask['retry'], AddedToRetry> };

export function wholeTask(task: OlderTask): PlannedTask {
  return { ...TASK, ...task, retry: { ...RETRY, ...task.retry } };
}

export function wholePlan(plan: Omit<Plan, 'tasks'> & { readonly tasks: readonly OlderTask[] }): Plan {
  return { ...plan, tasks: plan.tasks.map(wholeTask) };
}

export type OlderRetry = Omit<RetryRequest, 'stage' | 'plan'> & { readonly stage?: number | null; readonly plan: readonly OlderTask[] };

export function wholeRetry(request: OlderRetry): RetryRequest {
  return { ...request, stage: request.stage ?? null, plan: request.plan.map(wholeTask) };
}

export interface OlderSkip extends Pick<SkipRequest, 'reason' | 'by'>, Partial<Pick<SkipRequest, 'tasks' | 'stage'>> {
  readonly task?: string;
}

export function wholeSkip({ task, tasks = task === undefined ? [] : [task], stage = null, reason, by }: OlderSkip): SkipRequest {
  return { tasks, stage, reason, by };
}
