/** How long what is foreseen would take, from how long it took before. Pure. */
import type { Ledger } from '../../configs/schema/ledger.js';
import type { PlannedTask } from '../../configs/schema/plan.js';
import { median } from '../../ml/ranking/median.js';
import type { Foreseen } from '../../workflows/foresee.js';
import { UNCHANGED } from '../../workflows/reuse.js';

/** Executions of one task that are looked at: the newest; the median of so few is little moved by one that was slow. */
const NEWEST = 5;

/** A foreseen task with the seconds that it would take; null: it runs, and no earlier run says how long that takes. */
export interface Estimated extends Foreseen {
  readonly estimateSeconds: number | null;
}

export interface Estimate {
  readonly tasks: readonly Estimated[];
  /** Seconds along the longest path; a lower bound where `unknown` is not empty. */
  readonly seconds: number;
  /** Tasks that would run and of which no earlier run says how long they take. */
  readonly unknown: readonly string[];
}

type Timed = Pick<PlannedTask, 'name' | 'uses' | 'needs' | 'queue'>;

/**
 * `ledgers` are those of the pipeline, newest first. What is reused takes no time, what is kept neither, unless it is one of those
 * that are `running`: these count as if they had just begun. Waiting for workers, people and retries is not foreseen.
 */
export function estimate(
  foreseen: readonly Foreseen[],
  plan: readonly Timed[],
  ledgers: readonly Ledger[],
  running: ReadonlySet<string> = new Set(),
): Estimate {
  const took = mediansOf(ledgers);
  const uses = new Map(plan.map((task) => [task.name, task.uses]));
  const tasks = foreseen.map((task): Estimated => {
    const works = task.action === 'run' || running.has(task.name);
    return { ...task, estimateSeconds: works ? (took.get(keyOf(task.name, uses.get(task.name) ?? '')) ?? null) : 0 };
  });
  const known = new Map(tasks.map(({ name, estimateSeconds }) => [name, estimateSeconds ?? 0]));
  const unknown = tasks.filter(({ estimateSeconds }) => estimateSeconds === null).map(({ name }) => name);
  return { tasks, seconds: longestPath(plan, known), unknown };
}

/** Median seconds of each task's newest executions, by {@link keyOf}. What was taken over is none. */
function mediansOf(ledgers: readonly Ledger[]): Map<string, number> {
  const seconds = new Map<string, number[]>();
  for (const { plan, state, reason, startedAt, endedAt } of ledgers.flatMap(({ tasks }) => tasks)) {
    if (state !== 'done' || reason === UNCHANGED || startedAt === null || endedAt === null) continue;
    const key = keyOf(plan.name, plan.uses);
    const known = seconds.get(key) ?? [];
    if (known.length < NEWEST) known.push((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
    seconds.set(key, known);
  }
  return new Map([...seconds].map(([key, values]) => [key, median(values)]));
}

/** Another activity under the same name is another task. */
function keyOf(name: string, uses: string): string {
  return `${name} ${uses}`;
}

/**
 * When the last of the tasks would end, counted from now: each starts when those that it needs have ended; the `gpu` queue takes one
 * at a time, the one that can start first, and the `cpu` queue all at once.
 */
function longestPath(plan: readonly Timed[], seconds: ReadonlyMap<string, number>): number {
  const ends = new Map<string, number>();
  let gpuFree = 0;
  const settle = (task: Timed, ready: number): void => {
    const taken = seconds.get(task.name) ?? 0;
    const start = task.queue === 'gpu' && taken > 0 ? Math.max(ready, gpuFree) : ready;
    if (task.queue === 'gpu' && taken > 0) gpuFree = start + taken;
    ends.set(task.name, start + taken);
  };
  const readyAt = (task: Timed): number => Math.max(0, ...task.needs.map((need) => ends.get(need) ?? 0));
  let pending = plan;
  while (pending.length > 0) {
    // All that is ready and needs no turn first: what is ready on the `gpu` queue then is all that can be ready before its end.
    const waiting: Timed[] = [];
    for (const task of pending) {
      const ready = task.needs.every((need) => ends.has(need) || !seconds.has(need));
      if (ready && task.queue !== 'gpu') settle(task, readyAt(task));
      else waiting.push(task);
    }
    const turns = waiting.filter((task) => task.needs.every((need) => ends.has(need) || !seconds.has(need)));
    const [next] = turns.toSorted((a, b) => readyAt(a) - readyAt(b));
    if (next !== undefined) settle(next, readyAt(next));
    if (next === undefined && waiting.length === pending.length) break;
    pending = waiting.filter((task) => task !== next);
  }
  return Math.max(0, ...ends.values());
}
