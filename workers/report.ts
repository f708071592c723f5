/** Where a run stands, in the form that `status --json` prints (design §3). */
import type { Failure, Ledger, LedgerTask, RunState, TaskState } from '../configs/schema/ledger.js';
import type { Artifact, Progress, Summary } from '../configs/schema/payload.js';
import { awaitsApproval } from '../workflows/ledger.js';
import type { PendingTask } from './pending.js';

export interface TaskStatus {
  readonly name: string;
  readonly stage: number;
  readonly state: TaskState;
  readonly attempts: number;
  readonly reason: string;
  readonly fingerprint: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Of the attempt that runs now. */
  readonly progress: Progress | null;
  /** Why nobody works on it though it is called running, and what happens next; null where somebody does, or nobody need. */
  readonly unattended: string | null;
  readonly artifacts: readonly Artifact[];
  /** Why it is blocked, or why its last attempt failed. */
  readonly failure: Failure | null;
  readonly fromRun: string | null;
  /** Whether only a person's word is missing before it runs (`emo-aen approve`). */
  readonly awaitsApproval: boolean;
  readonly summary: Summary;
  readonly warnings: readonly string[];
}

export interface RunStatus {
  readonly run: string;
  readonly pipeline: string;
  readonly state: RunState;
  /** The last task to do, with all it depends on; null: all tasks. */
  readonly until: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly tasks: readonly TaskStatus[];
  /** Who answered: the workflow itself, or the file that it keeps on disk. */
  readonly source: 'workflow' | 'ledger file';
  /** What a person should know about this answer; null for nothing. */
  readonly remark: string | null;
}

const ENDED: ReadonlySet<RunState> = new Set(['completed', 'failed', 'cancelled']);

export function hasEnded({ state }: { readonly state: RunState }): boolean {
  return ENDED.has(state);
}

/** Whether nothing more happens until a person acts. */
export function isStuck({ state, tasks }: RunStatus): boolean {
  return state === 'blocked' && tasks.every((task) => task.state !== 'running' && task.state !== 'retrying');
}

/** @param unattended by the task's name, where nobody works on it */
export function reportOf(
  ledger: Ledger,
  pending: readonly PendingTask[],
  source: RunStatus['source'],
  remark: string | null,
  unattended: ReadonlyMap<string, string> = new Map(),
): RunStatus {
  const { run, pipeline, state, until, startedAt, endedAt } = ledger;
  const live = new Map(pending.map((task) => [task.task, task]));
  const tasks = ledger.tasks.map((task) => statusOf(task, live.get(task.plan.name), unattended.get(task.plan.name)));
  return { run, pipeline, state, until, startedAt, endedAt, tasks, source, remark };
}

function statusOf(task: LedgerTask, pending: PendingTask | undefined, unattended: string | undefined): TaskStatus {
  const { plan, reason, fingerprint, startedAt, endedAt, failure, output, fromRun } = task;
  const live = task.state === 'running' ? pending : undefined;
  return {
    name: plan.name,
    stage: plan.stage,
    state: live !== undefined && live.attempt > 1 ? 'retrying' : task.state,
    attempts: task.attempts + (live?.attempt ?? 0),
    reason,
    fingerprint,
    startedAt,
    endedAt,
    progress: live?.progress ?? null,
    unattended: (task.state === 'running' ? unattended : undefined) ?? null,
    artifacts: output?.artifacts ?? [],
    failure: failure ?? live?.lastFailure ?? null,
    fromRun,
    awaitsApproval: awaitsApproval(task),
    summary: output?.summary ?? {},
    warnings: output?.warnings ?? [],
  };
}
