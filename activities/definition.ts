/** A task function with what must be known around it; its settings' type is checked here and forgotten behind it. */
import type { z } from 'zod';
import { Problem } from '../configs/problem.js';
import type { TaskContext, TaskFunction, TaskResult } from './task.js';

export interface TaskDefinition {
  /** Names of the artifacts that a result must hold. */
  readonly provides: readonly string[];
  run(settings: unknown, context: Omit<TaskContext<unknown>, 'settings'>): Promise<TaskResult>;
}

export type TaskTable = Readonly<Record<string, TaskDefinition>>;

interface Row<Schema extends z.ZodType> {
  readonly settings: Schema;
  readonly provides: readonly string[];
}

/** `load` imports the function when it is first needed, so that a worker holds only the libraries of tasks that it runs. */
export function define<Schema extends z.ZodType>(row: Row<Schema>, load: () => Promise<TaskFunction<z.infer<Schema>>>): TaskDefinition {
  return {
    provides: row.provides,
    run: async (settings, context) => {
      const parsed = row.settings.safeParse(settings);
      if (!parsed.success) {
        const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
        const cure = 'the worker may be of another version than the client: emo-aen down, then emo-aen up';
        throw new Problem({
          code: 'CONFIGURATION',
          message: `settings that the activity does not know: ${faults}`,
          where: context.task,
          cure,
        });
      }
      const task = await load();
      return task({ ...context, settings: parsed.data });
    },
  };
}
