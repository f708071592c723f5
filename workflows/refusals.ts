/** When a request to a run makes no sense, and what to do instead. Pure: null means accepted. */
import type { Ledger, LedgerTask, TaskState } from '../configs/schema/ledger.js';
import { dependants } from './graph.js';
import { taskOf } from './ledger.js';
import type { RetryRequest, SkipRequest } from './messages.js';

export interface Refusal {
  readonly message: string;
  readonly cure: string;
}

/** The tasks that a retry is about: those named, or all that are blocked. */
export function retriedTasks(ledger: Ledger, request: RetryRequest): LedgerTask[] {
  if (request.tasks.length === 0) return ledger.tasks.filter((task) => task.state === 'blocked');
  return ledger.tasks.filter((task) => request.tasks.includes(task.plan.name));
}

export function refuseRetry(ledger: Ledger, request: RetryRequest): Refusal | null {
  const unknown = [...request.tasks, ...request.plan.map((task) => task.name)].find((name) => taskOf(ledger, name) === undefined);
  if (unknown !== undefined) return noSuchTask(ledger, unknown);
  const tasks = retriedTasks(ledger, request);
  if (tasks.length === 0) {
    return { message: `nothing is blocked in run ${ledger.run}`, cure: 'name the task that is to run again: emo-aen retry RUN TASK' };
  }
  for (const task of tasks) {
    const refusal = RETRY_REFUSALS[task.state]?.(task);
    if (refusal !== undefined) return refusal;
  }
  const changed = new Set([...tasks.map((task) => task.plan.name), ...request.plan.map((task) => task.name)]);
  const touched = new Set([
    ...changed,
    ...dependants(
      ledger.tasks.map((task) => task.plan),
      changed,
    ),
  ]);
  const busy = ledger.tasks.find((task) => task.state === 'running' && touched.has(task.plan.name));
  if (busy !== undefined) {
    return {
      message: `${busy.plan.name} is running on what would be made again`,
      cure: `wait until ${busy.plan.name} has ended, or cancel the run`,
    };
  }
  const other = request.plan.find((task) => taskOf(ledger, task.name)?.plan.needs.join() !== task.needs.join());
  if (other !== undefined) {
    return {
      message: `the needs of ${other.name} are not those that run ${ledger.run} began with`,
      cure: `start a new run: emo-aen run --from-run ${ledger.run}`,
    };
  }
  return null;
}

const RETRY_REFUSALS: Partial<Record<TaskState, (task: LedgerTask) => Refusal>> = {
  running: ({ plan }) => ({ message: `${plan.name} is running`, cure: 'wait until it has ended, or cancel the run' }),
  waiting: ({ plan, reason }) => ({
    message: `${plan.name} has not run yet: ${reason}`,
    cure: 'it starts by itself when its needs are met',
  }),
};

export function refuseSkip(ledger: Ledger, request: SkipRequest): Refusal | null {
  const task = taskOf(ledger, request.task);
  if (task === undefined) return noSuchTask(ledger, request.task);
  if (request.reason.trim() === '') return { message: 'a skip needs a reason', cure: 'say why with --reason' };
  if (task.plan.uses === 'checklist') {
    return { message: `${request.task} is what says whether the run is complete: it cannot be skipped`, cure: 'cancel the run instead' };
  }
  if (task.state === 'blocked' || task.state === 'waiting') return null;
  return {
    message: `${request.task} is ${task.state}: there is nothing to skip`,
    cure: 'only a task that is blocked or waits can be skipped',
  };
}

export function refusePause(ledger: Ledger): Refusal | null {
  return ledger.state === 'paused' ? { message: `run ${ledger.run} is paused already`, cure: `emo-aen resume ${ledger.run}` } : null;
}

export function refuseResume(ledger: Ledger): Refusal | null {
  if (ledger.state === 'paused') return null;
  const cure = ledger.state === 'blocked' ? `emo-aen retry ${ledger.run}` : `emo-aen status ${ledger.run}`;
  return { message: `run ${ledger.run} is not paused: it is ${ledger.state}`, cure };
}

/** Once a run has ended or is on its way there, every request is refused. */
export function refuseEnding(ledger: Ledger, cancelling: boolean): Refusal | null {
  if (ledger.endedAt !== null) {
    return {
      message: `run ${ledger.run} has ended: it is ${ledger.state}`,
      cure: `start a new one from it: emo-aen run --from-run ${ledger.run}`,
    };
  }
  return cancelling ? { message: `run ${ledger.run} is being cancelled`, cure: 'wait until it has ended' } : null;
}

function noSuchTask(ledger: Ledger, name: string): Refusal {
  return { message: `run ${ledger.run} has no task ${name}`, cure: `its tasks: ${ledger.tasks.map((task) => task.plan.name).join(', ')}` };
}
