/** From the tasks that a pipeline declares to those that a plan holds: one each, or one for each leg of its matrix. */
import { quoted, type Diagnostics } from './diagnostics.js';
import type { DraftTask } from './draft.js';
import { agree, expandMatrix, type Values } from './matrix.js';

export interface Leg {
  /** As planned: `train`, or `train-1-0.75`. */
  readonly name: string;
  readonly task: DraftTask;
  /** Null for a task without a matrix. */
  readonly values: Values | null;
  /** Planned names, each once. */
  readonly needs: readonly string[];
  /** True where its matrix is wrong: it stands for all legs then, without values. */
  readonly faulty: boolean;
  /** False where its matrix or one of its needs is wrong: that has been told, and what follows from it need not be. */
  readonly sound: boolean;
}

/** The tasks of a pipeline by the names that `needs` and references can say. */
export class Names {
  /** Planned names of each declared task, with their values. */
  readonly #legs = new Map<string, ReadonlyMap<string, Values | null>>();
  /** The declared task of every leg. */
  readonly #tasks = new Map<string, string>();
  readonly #unsound = new Set<string>();

  /** Expands every matrix; what is wrong with one, or with the names that it makes, is among the diagnostics. */
  constructor(tasks: readonly DraftTask[], found: Diagnostics) {
    for (const task of tasks) {
      const legs = task.matrix === null ? new Map([[task.name, null]]) : expandMatrix(task, task.matrix, found);
      if (legs === null || (task.matrix === null && task.saysMatrix)) this.#unsound.add(task.name);
      this.#legs.set(task.name, legs ?? new Map([[task.name, null]]));
    }
    for (const task of tasks) for (const name of this.legsOf(task.name).keys()) this.#claim(name, task, found);
  }

  #claim(name: string, task: DraftTask, found: Diagnostics): void {
    const other = this.#legs.has(name) ? name : this.#tasks.get(name);
    this.#tasks.set(name, task.name);
    if (name === task.name || other === undefined) return;
    const message = `a leg of ${quoted(task.name)} would be called ${quoted(name)}, as ${other === name ? 'a task' : `a leg of ${quoted(other)}`} is`;
    found.add(task.matrix?.span ?? task.span, ['tasks', task.name, 'matrix'], message);
  }

  legsOf(task: string): ReadonlyMap<string, Values | null> {
    return this.#legs.get(task) ?? new Map<string, null>();
  }

  isSound(task: string): boolean {
    return !this.#unsound.has(task);
  }

  /** The task that a name, of it or of one of its legs, is of; undefined for no name of this pipeline. A faulty matrix may have any legs. */
  taskOf(name: string): string | undefined {
    return this.#legs.has(name) ? name : (this.#tasks.get(name) ?? [...this.#unsound].find((task) => name.startsWith(`${task}-`)));
  }

  all(): Set<string> {
    return new Set([...this.#legs.keys(), ...this.#tasks.keys()]);
  }

  /**
   * What a name means to a leg with these values: the leg of that name; else the legs of the task of that name, just those that
   * agree with it on the keys that both matrices have.
   */
  meant(name: string, values: Values | null): string[] {
    if (!this.#legs.has(name)) return this.#tasks.has(name) ? [name] : [];
    const legs = [...this.legsOf(name)];
    if (values === null) return legs.map(([leg]) => leg);
    return legs.filter(([, other]) => other === null || agree(values, other)).map(([leg]) => leg);
  }
}

/** Every task as it will be planned, in the order of their declaration. */
export function legsOf(tasks: readonly DraftTask[], names: Names, found: Diagnostics): Leg[] {
  return tasks.flatMap((task) => [...names.legsOf(task.name)].map(([name, values]) => legOf(name, task, values, names, found)));
}

function legOf(name: string, task: DraftTask, values: Values | null, names: Names, found: Diagnostics): Leg {
  const needs = new Set<string>();
  let sound = names.isSound(task.name);
  task.needs.forEach(({ text, span }, index) => {
    const meant = names.meant(text, values);
    const known = names.taskOf(text);
    for (const need of meant) needs.add(need);
    if (meant.length > 0 && known !== undefined && names.isSound(known)) return;
    sound = false;
    if (known === undefined) return; // told where needs are checked
    if (!names.isSound(known)) return; // the matrix of what it needs is wrong, and that is told
    found.add(span, ['tasks', task.name, 'needs', index], `no leg of ${quoted(text)} has the values of ${quoted(name)}`, {
      help: 'of two tasks whose matrices share keys, a leg needs those that agree with it on them',
    });
  });
  return { name, task, values, needs: [...needs], faulty: task.saysMatrix && values === null, sound };
}
