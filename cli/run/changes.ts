/** What a retry changes: the plan of a run against the plan that files and `--set` make now. Pure. */
import { Problem } from '../../configs/problem.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import type { Override, Plan, PlannedTask } from '../../configs/schema/plan.js';
import { settingsChanges } from '../../workflows/decide.js';
import { canonicalJson } from '../../workflows/fingerprint.js';
import { dependants } from '../../workflows/graph.js';

export interface RetryChanges {
  /** Planned tasks that take the place of the run's. */
  readonly plan: readonly PlannedTask[];
  /** What changes, and what deliberately does not, for people. */
  readonly notes: readonly string[];
}

/**
 * A retried task and what depends on it take settings, limits and code version as they are now. Other tasks keep what they ran
 * with, so that a file edited for the next run does not undo what is done; only a `--set` reaches them too.
 * `now` is the plan with the new overrides, `before` the same without them.
 */
export function retryChanges(ledger: Ledger, retried: ReadonlySet<string>, now: Plan, before: Plan): RetryChanges {
  const old = new Map(ledger.tasks.map(({ plan, state }) => [plan.name, { plan, state }]));
  const without = new Map(before.tasks.map((task) => [task.name, task]));
  const later = dependants(
    ledger.tasks.map(({ plan }) => plan),
    retried,
  );
  const plan: PlannedTask[] = [];
  const notes: string[] = [];
  for (const task of now.tasks) {
    const known = old.get(task.name);
    if (known === undefined || same(known.plan, task)) continue;
    const changes = settingsChanges(known.plan.settings, task.settings, task.kind ?? '');
    const asked = canonicalJson(without.get(task.name)?.settings ?? null) !== canonicalJson(task.settings ?? null);
    if (retried.has(task.name) || later.has(task.name) || known.state === 'waiting' || asked) {
      plan.push(task);
      if (changes.length > 0) notes.push(`${task.name}: ${changes.join(', ')}`);
    } else if (changes.length > 0) {
      notes.push(
        `${task.name} keeps what it ran with, though on disk: ${changes.join(', ')} (emo-aen retry ${ledger.run} ${task.name} takes it over)`,
      );
    }
  }
  return { plan, notes };
}

/** What decides how a task runs; the files that its settings came from do not. */
function same(a: PlannedTask, b: PlannedTask): boolean {
  const essence = ({ settingsFiles: _, ...task }: PlannedTask): string => canonicalJson(task);
  return essence(a) === essence(b);
}

/**
 * `retried` are the names of the tasks that run again.
 * @throws Problem USAGE for a `--set` that nothing reads that will still run: not they, not what depends on them, not what waits.
 */
export function insistOnRead(ledger: Ledger, overrides: readonly Override[], retried: ReadonlySet<string>, now: Plan): void {
  const later = dependants(now.tasks, retried);
  const waiting = new Set(ledger.tasks.filter(({ state }) => state === 'waiting').map(({ plan }) => plan.name));
  for (const { path } of overrides) {
    const readers = now.tasks.filter((task) => reads(task, path)).map(({ name }) => name);
    if (readers.some((name) => retried.has(name) || later.has(name) || waiting.has(name))) continue;
    const message = `nothing that would run reads ${path}`;
    const cure = readers.length === 0 ? 'no task reads it' : `retry a task that does: ${readers.join(', ')}`;
    throw new Problem({ code: 'USAGE', message, where: `--set ${path}`, cure });
  }
}

/** A plan holds of each task just the settings that it reads, those that were overridden among them. */
function reads({ kind, settings }: PlannedTask, path: string): boolean {
  const [stem, ...keys] = path.split('.');
  return stem === kind && holds(settings, keys);
}

function holds(node: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true;
  return typeof node === 'object' && node !== null && key in node && holds((node as Readonly<Record<string, unknown>>)[key], rest);
}
