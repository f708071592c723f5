/** Plans of tasks that do nothing, by the same shapes for us and for a plain workflow. */
import { PlannedTask, type Plan } from '../../configs/schema/plan.js';

/** Levels of `width` tasks, all of a level waiting for the first of the level before. */
export interface Shape {
  readonly levels: number;
  readonly width: number;
}

export const CHAIN: Shape = { levels: 100, width: 1 };
/** A thousand tasks, fan-out 50. */
export const WIDE: Shape = { levels: 20, width: 50 };

/** A file of the project, a line for each time that the task `beating` began. */
export const BEGINNINGS = 'beginnings.txt';

/** The activity that both workers have. */
export const NOTHING_AT_ALL = 'nothing';

export function tasksOf({ levels, width }: Shape): number {
  return levels * width;
}

export function planOfShape(shape: Shape): Plan {
  const nameOf = (number: number): string => `t-${number}`;
  const needsOf = (number: number): string[] => {
    const level = Math.floor(number / shape.width);
    return level === 0 ? [] : [nameOf((level - 1) * shape.width)];
  };
  return planOf(Array.from({ length: tasksOf(shape) }, (_, number) => madeTask(nameOf(number), { needs: needsOf(number) })));
}

export function planOf(tasks: readonly PlannedTask[]): Plan {
  return { version: 1, pipeline: 'bench', file: 'none', tasks: [...tasks], hash: '0'.repeat(64) };
}

/** A task of the method's usual limits, unless `change` says otherwise. */
export function madeTask(name: string, change: Partial<PlannedTask>): PlannedTask {
  return PlannedTask.parse({
    name,
    stage: 1,
    uses: NOTHING_AT_ALL,
    version: 1,
    outside: false,
    needs: [],
    queue: 'cpu',
    kind: null,
    settings: {},
    settingsFiles: [],
    reads: [],
    provides: [],
    timeoutMs: 600_000,
    heartbeatMs: null,
    retry: { attempts: 3, backoffMs: 1_000 },
    ...change,
  });
}
