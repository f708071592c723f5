/** The run's record and how it changes. Pure functions: a ledger goes in, the next one comes out. */
import type { Ledger, LedgerEvent, LedgerTask, RunState, TaskState } from '../configs/schema/ledger.js';
import type { TaskOutput } from '../configs/schema/payload.js';
import { wantedTasks } from './graph.js';
import type { PipelineInput } from './input.js';

/** States in which a task's artifacts may be used by those that need it. */
const SERVES: ReadonlySet<TaskState> = new Set(['done', 'reused']);
/** States in which nothing more is to be done for a task. A skipped one is settled, but serves only where it is declared optional. */
const SETTLED: ReadonlySet<TaskState> = new Set(['done', 'reused', 'skipped']);

export function openLedger(input: PipelineInput, at: string): Ledger {
  const wanted = wantedTasks(input.plan.tasks, input.until);
  const why = [input.until === null ? null : `--until ${input.until}`, input.fresh ? '--fresh' : null].filter((part) => part !== null);
  return {
    version: 1,
    run: input.run,
    pipeline: input.plan.pipeline,
    file: input.plan.file,
    planHash: input.plan.hash,
    state: 'running',
    until: input.until,
    number: input.number,
    startedAt: at,
    endedAt: null,
    tasks: input.plan.tasks.map((plan) => ({
      plan,
      state: 'waiting',
      attempts: 0,
      reason: wanted.has(plan.name) ? waitsFor(plan.needs) : notAskedFor(input.until),
      fingerprint: null,
      startedAt: null,
      endedAt: null,
      failure: null,
      output: null,
      fromRun: null,
      approved: null,
    })),
    events: [
      {
        at,
        by: input.by,
        action: 'start',
        tasks: [],
        overrides: [...input.overrides],
        reason: why.length === 0 ? null : why.join(' '),
      },
    ],
  };
}

export function waitsFor(needs: readonly string[]): string {
  return needs.length === 0 ? 'about to start' : `waits for ${needs.join(', ')}`;
}

export function notAskedFor(until: string | null): string {
  return `not asked for: --until ${until}`;
}

/** The ledger with another last task; null: all are to be done. What waits says why. */
export function withUntil(ledger: Ledger, until: string | null): Ledger {
  const wanted = wantedTasks(
    ledger.tasks.map(({ plan }) => plan),
    until,
  );
  const reasonFor = ({ plan, reason }: LedgerTask): string => {
    if (!wanted.has(plan.name)) return notAskedFor(until);
    return reason === notAskedFor(ledger.until) ? waitsFor(plan.needs) : reason;
  };
  const tasks = ledger.tasks.map((task) => (task.state === 'waiting' ? { ...task, reason: reasonFor(task) } : task));
  return { ...ledger, until, tasks };
}

/** Whether all that it needs is there and only a person's word is missing. */
export function awaitsApproval({ plan, state, fingerprint, approved }: LedgerTask): boolean {
  return state === 'waiting' && plan.approval !== null && fingerprint !== null && fingerprint !== approved;
}

export function taskOf(ledger: Ledger, name: string): LedgerTask | undefined {
  return ledger.tasks.find((task) => task.plan.name === name);
}

/** The ledger with some members of one task replaced. */
export function withTask(ledger: Ledger, name: string, change: Partial<LedgerTask>): Ledger {
  return { ...ledger, tasks: ledger.tasks.map((task) => (task.plan.name === name ? { ...task, ...change } : task)) };
}

export function withEvent(ledger: Ledger, event: LedgerEvent): Ledger {
  return { ...ledger, events: [...ledger.events, event] };
}

/** Whether those that need the task may start: its artifacts may be used, or it is optional and a person does without it. */
export function serves({ plan, state }: LedgerTask): boolean {
  return SERVES.has(state) || (plan.optional && state === 'skipped');
}

/** Tasks of the run that wait for nobody and whose needs all serve, or are optional and skipped. */
export function startable(ledger: Ledger, wanted: ReadonlySet<string>): LedgerTask[] {
  const serving = new Set(ledger.tasks.filter(serves).map((task) => task.plan.name));
  return ledger.tasks.filter(
    (task) =>
      task.state === 'waiting' && wanted.has(task.plan.name) && task.plan.needs.every((need) => serving.has(need)) && !awaitsApproval(task),
  );
}

const HELD = 'about to start once the paused run is resumed';

/** The ledger in which what only a pause keeps from starting says so, and says it no more once that is not so. */
export function withPause(ledger: Ledger, wanted: ReadonlySet<string>, paused: boolean): Ledger {
  const held = new Set(paused ? startable(ledger, wanted) : []);
  const tasks = ledger.tasks.map((task) => {
    if (held.has(task)) return { ...task, reason: HELD };
    return task.state === 'waiting' && task.reason === HELD ? { ...task, reason: waitsFor(task.plan.needs) } : task;
  });
  return { ...ledger, tasks };
}

/** Whether all that was asked for is done, reused or skipped. */
export function isComplete(ledger: Ledger, wanted: ReadonlySet<string>): boolean {
  return ledger.tasks.every((task) => SETTLED.has(task.state) || !wanted.has(task.plan.name));
}

/**
 * The state of a run that is open. A blocked task blocks the run, though independent branches go on; so does, once nothing else moves, a
 * skipped task whose dependants can therefore never start, or one that waits for approval.
 */
export function openState(ledger: Ledger, wanted: ReadonlySet<string>, paused: boolean): RunState {
  if (paused) return 'paused';
  if (ledger.tasks.some((task) => task.state === 'blocked')) return 'blocked';
  const moves = ledger.tasks.some((task) => task.state === 'running') || startable(ledger, wanted).length > 0;
  return moves || isComplete(ledger, wanted) ? 'running' : 'blocked';
}

/** The ledger of a run that ended before its tasks had: what had not ended is cancelled, what had keeps its state. */
export function brokenOff(ledger: Ledger, state: 'cancelled' | 'failed', reason: string, at: string): Ledger {
  const tasks = ledger.tasks.map((task) =>
    task.state === 'waiting' || task.state === 'running' ? { ...task, state: 'cancelled' as const, reason, endedAt: at } : task,
  );
  return { ...ledger, state, endedAt: at, tasks };
}

/** A file of `output` that another task of the run made, and that holds other bytes now; null where there is none. */
export function overwritten(
  { tasks }: Ledger,
  name: string,
  output: TaskOutput,
): { readonly path: string; readonly madeBy: string } | null {
  const written = new Map(output.artifacts.map(({ path, sha256 }) => [path, sha256]));
  for (const { plan, output: other } of tasks) {
    const lost = other?.artifacts.find(({ path, sha256 }) => plan.name !== name && (written.get(path) ?? sha256) !== sha256);
    if (lost !== undefined) return { path: lost.path, madeBy: plan.name };
  }
  return null;
}
