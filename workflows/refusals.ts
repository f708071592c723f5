/** When a request to a run makes no sense, and what to do instead. Pure: null means accepted. */
import type { Ledger, LedgerTask, TaskState } from '../configs/schema/ledger.js';
import { dependants } from './graph.js';
import { awaitsApproval, taskOf } from './ledger.js';
import type { ApproveRequest, Choice, RetryRequest, SkipRequest, UntilRequest } from './messages.js';

export interface Refusal {
  readonly message: string;
  readonly cure: string;
}

/** The tasks that a retry is about. */
export function retriedTasks(ledger: Ledger, request: Choice): LedgerTask[] {
  if (request.tasks.length > 0) return ledger.tasks.filter((task) => request.tasks.includes(task.plan.name));
  if (request.stage === null) return ledger.tasks.filter((task) => task.state === 'blocked');
  const failed = ofStage(ledger, request.stage, ['blocked', 'skipped']);
  return failed.length > 0 ? failed : ofStage(ledger, request.stage, ['done', 'reused']);
}

/** The tasks that a skip is about. */
export function skippedTasks(ledger: Ledger, request: Choice): LedgerTask[] {
  if (request.stage === null) return ledger.tasks.filter((task) => request.tasks.includes(task.plan.name));
  return ofStage(ledger, request.stage, ['blocked', 'waiting']);
}

function ofStage(ledger: Ledger, stage: number, states: readonly TaskState[]): LedgerTask[] {
  return ledger.tasks.filter((task) => task.plan.stage === stage && states.includes(task.state));
}

/** What is wrong with a choice whatever it is made for. */
function refuseChoice(ledger: Ledger, { tasks, stage }: Choice): Refusal | null {
  const unknown = tasks.find((name) => taskOf(ledger, name) === undefined);
  if (unknown !== undefined) return noSuchTask(ledger, unknown);
  if (stage === null) return null;
  if (tasks.length > 0) return { message: 'tasks and a stage are named', cure: 'name the one or the other' };
  if (ledger.tasks.some(({ plan }) => plan.stage === stage)) return null;
  const stages = [...new Set(ledger.tasks.map(({ plan }) => plan.stage))].sort((a, b) => a - b);
  return { message: `run ${ledger.run} has no task of stage ${stage}`, cure: `its stages: ${stages.join(', ')}` };
}

export function refuseRetry(ledger: Ledger, request: RetryRequest): Refusal | null {
  const wrong = refuseChoice(ledger, request);
  if (wrong !== null) return wrong;
  const unknown = request.plan.find(({ name }) => taskOf(ledger, name) === undefined);
  if (unknown !== undefined) return noSuchTask(ledger, unknown.name);
  const tasks = retriedTasks(ledger, request);
  if (tasks.length === 0) {
    const where = request.stage === null ? `in run ${ledger.run}` : `and nothing has ended in stage ${request.stage} of run ${ledger.run}`;
    return { message: `nothing is blocked ${where}`, cure: 'name the task that is to run again: emo-aen retry RUN TASK' };
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
  const wrong = refuseChoice(ledger, request);
  if (wrong !== null) return wrong;
  if (request.reason.trim() === '') return { message: 'a skip needs a reason', cure: 'say why with --reason' };
  const tasks = skippedTasks(ledger, request);
  if (tasks.length === 0) {
    const where = request.stage === null ? 'no task is named' : `nothing of stage ${request.stage} is blocked or waits`;
    return { message: `${where}: there is nothing to skip`, cure: `see emo-aen status ${ledger.run}` };
  }
  return tasks.map(refuseSkipOf).find((refusal) => refusal !== null) ?? null;
}

/** A running task may be between two tries, which nobody but the server knows: its attempt or its waiting is ended. */
const SKIPPABLE: ReadonlySet<TaskState> = new Set(['blocked', 'waiting', 'running']);

function refuseSkipOf({ plan, state }: LedgerTask): Refusal | null {
  if (plan.uses === 'checklist') {
    return { message: `${plan.name} is what says whether the run is complete: it cannot be skipped`, cure: 'cancel the run instead' };
  }
  if (SKIPPABLE.has(state)) return null;
  return {
    message: `${plan.name} is ${state}: there is nothing to skip`,
    cure: 'only a task that is blocked, waits or runs can be skipped',
  };
}

export function refuseApprove(ledger: Ledger, request: ApproveRequest): Refusal | null {
  const task = taskOf(ledger, request.task);
  if (task === undefined) return noSuchTask(ledger, request.task);
  if (awaitsApproval(task)) return null;
  const gates = ledger.tasks.filter(awaitsApproval).map(({ plan }) => plan.name);
  const why = task.plan.approval === null ? 'needs no approval' : `is ${task.state} and waits for no approval now: ${task.reason}`;
  const cure = gates.length === 0 ? `nothing waits for approval: emo-aen status ${ledger.run}` : `these wait for it: ${gates.join(', ')}`;
  return { message: `${request.task} ${why}`, cure };
}

export function refuseUntil(ledger: Ledger, { task }: UntilRequest): Refusal | null {
  if (task !== null && taskOf(ledger, task) === undefined) return noSuchTask(ledger, task);
  if (task !== ledger.until) return null;
  const what = task === null ? 'does all its tasks' : `ends with ${task}`;
  return { message: `run ${ledger.run} ${what} already`, cure: `emo-aen status ${ledger.run}` };
}

export function refusePause(ledger: Ledger): Refusal | null {
  return ledger.state === 'paused' ? { message: `run ${ledger.run} is paused already`, cure: `emo-aen resume ${ledger.run}` } : null;
}

export function refuseResume(ledger: Ledger): Refusal | null {
  if (ledger.state === 'paused') return null;
  const cure = ledger.state === 'blocked' ? `emo-aen retry ${ledger.run}` : `emo-aen status ${ledger.run}`;
  return { message: `run ${ledger.run} is not paused: it is ${ledger.state}`, cure };
}

/** Once a run has ended or is on its way there, every request is refused. `ending` is why it is, null where it goes on. */
export function refuseEnding(ledger: Ledger, ending: string | null): Refusal | null {
  if (ledger.endedAt !== null) {
    return {
      message: `run ${ledger.run} has ended: it is ${ledger.state}`,
      cure: `start a new one from it: emo-aen run --from-run ${ledger.run}`,
    };
  }
  return ending === null ? null : { message: `run ${ledger.run} is ending: ${ending}`, cure: 'wait until it has ended' };
}

function noSuchTask(ledger: Ledger, name: string): Refusal {
  return { message: `run ${ledger.run} has no task ${name}`, cure: `its tasks: ${ledger.tasks.map((task) => task.plan.name).join(', ')}` };
}
