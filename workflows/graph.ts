/** Questions about the DAG. Pure; `plan.tasks` stand in an order in which every task comes after those it needs. */
import type { Artifact } from '../configs/schema/payload.js';
import type { PlannedTask, Reference } from '../configs/schema/plan.js';

type Node = Pick<PlannedTask, 'name' | 'needs'>;

/** Names of all tasks that `name` depends on, directly or not. */
export function ancestors(tasks: readonly Node[], name: string): Set<string> {
  const needs = new Map(tasks.map((task) => [task.name, task.needs]));
  const found = new Set<string>();
  const pending = [...(needs.get(name) ?? [])];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    pending.push(...(needs.get(next) ?? []));
  }
  return found;
}

/** Names of all tasks that depend on any of `names`, directly or not; without `names` themselves unless one depends on another. */
export function dependants(tasks: readonly Node[], names: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  for (const task of tasks) if (task.needs.some((need) => names.has(need) || found.has(need))) found.add(task.name);
  return found;
}

/** The tasks that a run does: all, or `until` and what it depends on. */
export function wantedTasks(tasks: readonly Node[], until: string | null): Set<string> {
  return until === null ? new Set(tasks.map((task) => task.name)) : ancestors(tasks, until).add(until);
}

/**
 * The artifacts that `task` reads, from what the tasks before it made; where two made one of a name, the later in the
 * plan's order counts. A name that nobody made is left out: the activity says so when it asks for it. Those that its settings refer to
 * come last, each by a name of its own.
 */
export function inputsOf(
  task: Pick<PlannedTask, 'name' | 'reads' | 'references'>,
  tasks: readonly Node[],
  made: (name: string) => readonly Artifact[],
): Artifact[] {
  const before = ancestors(tasks, task.name);
  const byName = new Map<string, Artifact>();
  for (const { name } of tasks) if (before.has(name)) for (const artifact of made(name)) byName.set(artifact.name, artifact);
  const referred = task.references.flatMap((reference) => {
    const artifact = made(reference.task).find(({ name }) => name === reference.output);
    return artifact === undefined ? [] : { ...artifact, name: nameOfReferred(reference) };
  });
  return [...task.reads.flatMap((name) => byName.get(name) ?? []), ...referred];
}

/** Under which name a task is handed an artifact that its settings refer to. */
export function nameOfReferred({ task, output }: Omit<Reference, 'path'>): string {
  return `tasks.${task}.outputs.${output}`;
}
