/** The order of a DAG, and its circles where it is none. */

/** A task by name, and the names of those it needs. Needs that are no tasks are ignored. */
export interface Node {
  readonly name: string;
  readonly needs: readonly string[];
}

export interface Ordering<Task extends Node> {
  /** Every task that can run, after all that it needs; among those that could come next, the one declared first. */
  readonly order: readonly Task[];
  /** Circles that hold the others back, each as the names around it: `a` needs `b` needs `a` is [a, b]. No task is in two. */
  readonly circles: readonly (readonly string[])[];
}

/** Sorts tasks so that needs come first. Linear in tasks and needs, except that the next one is found by declaration. */
export function orderTasks<Task extends Node>(tasks: readonly Task[]): Ordering<Task> {
  const order = sortable(tasks);
  const placed = new Set(order.map(({ name }) => name));
  return { order, circles: circlesAmong(tasks.filter(({ name }) => !placed.has(name))) };
}

function sortable<Task extends Node>(tasks: readonly Task[]): Task[] {
  const place = new Map(tasks.map(({ name }, index) => [name, index]));
  const open = tasks.map(({ needs }) => new Set(needs.filter((need) => place.has(need))).size);
  const dependents = tasks.map((): number[] => []);
  tasks.forEach(({ needs }, index) => {
    for (const need of new Set(needs)) dependents[place.get(need) ?? -1]?.push(index);
  });
  const ready = new Ready(tasks.flatMap((_, index) => (open[index] === 0 ? [index] : [])));
  const order: Task[] = [];
  for (let next = ready.take(); next !== undefined; next = ready.take()) {
    const task = tasks[next];
    if (task !== undefined) order.push(task);
    for (const dependent of dependents[next] ?? []) {
      const left = (open[dependent] ?? 0) - 1;
      open[dependent] = left;
      if (left === 0) ready.put(dependent);
    }
  }
  return order;
}

/** Indices that come out smallest first. Kept sorted: a thousand tasks make a thousand insertions. */
class Ready {
  readonly #sorted: number[];

  constructor(indices: readonly number[]) {
    this.#sorted = indices.toSorted((a, b) => b - a);
  }

  put(index: number): void {
    const after = this.#sorted.findIndex((other) => other < index);
    this.#sorted.splice(after === -1 ? this.#sorted.length : after, 0, index);
  }

  take(): number | undefined {
    return this.#sorted.pop();
  }
}

/** Walks from need to need until one comes up again; that stretch is a circle. What it held back is then looked at again. */
function circlesAmong(tasks: readonly Node[]): string[][] {
  const circles: string[][] = [];
  let left = tasks;
  while (left.length > 0) {
    const circle = circleFrom(left);
    circles.push(circle);
    const rest = left.filter(({ name }) => !circle.includes(name));
    const freed = new Set(sortable(rest).map(({ name }) => name));
    left = rest.filter(({ name }) => !freed.has(name));
  }
  return circles;
}

function circleFrom(tasks: readonly Node[]): string[] {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const walked: string[] = [];
  let current = tasks[0];
  while (current !== undefined && !walked.includes(current.name)) {
    walked.push(current.name);
    const next: string | undefined = current.needs.find((need) => byName.has(need));
    current = next === undefined ? undefined : byName.get(next);
  }
  const circle = walked.slice(walked.indexOf(current?.name ?? ''));
  // Told from the task that was declared first, whatever the walk began with.
  const first = tasks.find(({ name }) => circle.includes(name))?.name ?? '';
  const turn = circle.indexOf(first);
  return [...circle.slice(turn), ...circle.slice(0, turn)];
}
