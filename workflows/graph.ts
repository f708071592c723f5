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

type Reader = Pick<PlannedTask, 'name' | 'reads' | 'references'>;

/** Where the tasks of a plan get what they read from; made once for all of them, since a thousand tasks each come after hundreds. */
export interface Inputs {
  /** Names of the tasks whose artifacts `task` reads or refers to, in the plan's order. */
  sources(task: Reader): string[];
  /**
   * The artifacts that `task` reads, from what the tasks before it made; where two made one of a name, the later in the plan's
   * order counts. A name that nobody made is left out: the activity says so when it asks for it. Those that its settings refer to
   * come last, each by a name of its own.
   */
  of(task: Reader, made: (name: string) => readonly Artifact[]): Artifact[];
}

export function inputsIn(tasks: readonly (Node & Pick<PlannedTask, 'provides'>)[]): Inputs {
  const places = new Map(tasks.map(({ name }, place) => [name, place]));
  // Sets of tasks as bits, bit n for the task at place n.
  const before: bigint[] = [];
  const providers = new Map<string, number[]>();
  tasks.forEach(({ needs, provides }, place) => {
    before[place] = needs.reduce((bits, need) => bits | withItself(before, places.get(need)), 0n);
    for (const name of provides) append(providers, name, place);
  });
  /** Places of the tasks before `task` that provide an artifact, the last one first. */
  const providersBefore = (task: Reader, artifact: string): number[] => {
    const bits = before[places.get(task.name) ?? -1] ?? 0n;
    return (providers.get(artifact) ?? []).filter((place) => ((bits >> BigInt(place)) & 1n) === 1n).reverse();
  };
  const nameAt = (place: number): string => tasks[place]?.name ?? '';
  const first = <Found>(found: readonly (Found | undefined)[]): Found[] => found.filter((one) => one !== undefined).slice(0, 1);
  return {
    sources: (task) => {
      const referred = task.references.flatMap((reference) => places.get(reference.task) ?? []);
      const sources = new Set([...task.reads.flatMap((artifact) => providersBefore(task, artifact)), ...referred]);
      return [...sources].sort((a, b) => a - b).map(nameAt);
    },
    of: (task, made) => {
      const madeBy = (maker: string, artifact: string): Artifact | undefined => made(maker).find(({ name }) => name === artifact);
      const read = task.reads.flatMap((name) => first(providersBefore(task, name).map((place) => madeBy(nameAt(place), name))));
      const referred = task.references.flatMap((reference) => {
        const artifact = madeBy(reference.task, reference.output);
        return artifact === undefined ? [] : { ...artifact, name: nameOfReferred(reference) };
      });
      return [...read, ...referred];
    },
  };
}

function append(lists: Map<string, number[]>, name: string, place: number): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [place]);
  else list.push(place);
}

function withItself(before: readonly bigint[], place: number | undefined): bigint {
  return place === undefined ? 0n : (before[place] ?? 0n) | (1n << BigInt(place));
}

/** Under which name a task is handed an artifact that its settings refer to. */
export function nameOfReferred({ task, output }: Omit<Reference, 'path'>): string {
  return `tasks.${task}.outputs.${output}`;
}
