/** What a worker registers: a Temporal activity for each task. */
import type { ActivityName } from '../configs/schema/catalog.js';
import type { TaskDefinition, TaskTable } from './definition.js';
import { FUNCTIONS } from './functions.js';
import { OneAtATime } from './one-at-a-time.js';
import { inProcess, ownInProcess } from './process/host.js';
import { wrap, type Activity } from './wrap.js';

/**
 * The tasks of the catalogue. onnxruntime-node computes on the thread that calls it: on the worker's own, neither heartbeats nor
 * workflows nor questions about them would get through for minutes.
 */
export const TASKS: Readonly<Record<ActivityName, TaskDefinition>> = {
  ...FUNCTIONS,
  export: inProcess('export'),
  quantize: inProcess('quantize'),
  parity: inProcess('parity'),
};

/**
 * A Temporal activity for each task of the table, by the same name; and `default`, which Temporal calls for any other name: an
 * activity of the project's own, which may have come or changed since the worker started.
 */
export function taskActivities(root: string, tasks: TaskTable): Record<string, Activity> {
  const attempts = new OneAtATime();
  const known = Object.entries(tasks).map(([name, definition]) => [name, wrap(root, () => definition, attempts)] as const);
  return { ...Object.fromEntries(known), default: wrap(root, ownInProcess, attempts) };
}
