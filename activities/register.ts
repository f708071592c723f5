/** Which function carries out which activity of the catalogue. Nothing heavy is loaded before a worker is asked for it. */
import { CATALOG, type ActivityName } from '../configs/schema/catalog.js';
import { define, type TaskDefinition, type TaskTable } from './definition.js';
import { OneAtATime } from './one-at-a-time.js';
import { wrap, type Activity } from './wrap.js';

export const TASKS = {} as const satisfies Partial<Record<ActivityName, TaskDefinition>>;

/** A Temporal activity for each task of the table, by the same name. */
export function taskActivities(root: string, tasks: TaskTable): Record<string, Activity> {
  const attempts = new OneAtATime();
  return Object.fromEntries(Object.entries(tasks).map(([name, definition]) => [name, wrap(root, definition, attempts)]));
}
