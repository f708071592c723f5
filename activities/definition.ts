/** A task function with what must be known around it; its settings' type is checked here and forgotten behind it. */
import type { z } from 'zod';
import { Problem } from '../configs/problem.js';
import type { Progress } from '../configs/schema/payload.js';
import { insistOnAll, parseProgress, parseResult } from './result.js';
import type { TaskContext, TaskFunction, TaskResult } from './task.js';

export interface TaskDefinition {
  run(settings: unknown, context: Omit<TaskContext<unknown>, 'settings'>): Promise<TaskResult>;
}

export type TaskTable = Readonly<Record<string, TaskDefinition>>;

interface Row<Schema extends z.ZodType> {
  readonly settings: Schema;
  /** Names of the artifacts that a result must hold. */
  readonly provides: readonly string[];
  /** The file of an activity of the project's own, for messages. */
  readonly file?: string;
}

/** `load` imports the function when it is first needed, so that a worker holds only the libraries of tasks that it runs. */
export function define<Schema extends z.ZodType>(row: Row<Schema>, load: () => Promise<TaskFunction<z.infer<Schema>>>): TaskDefinition {
  return {
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
      const where = row.file ?? context.task;
      // A progress that is wrong fails the task also where the task catches what is thrown.
      const refused: Problem[] = [];
      const progress = (told: Progress): void => {
        try {
          context.progress(parseProgress(told, where));
        } catch (error) {
          if (error instanceof Problem) refused.push(error);
          throw error;
        }
      };
      const returned: unknown = await task({ ...context, settings: parsed.data, progress });
      const [first] = refused;
      if (first !== undefined) throw first;
      const result = parseResult(returned, where);
      insistOnAll(where, row.provides, result);
      return result;
    },
  };
}
