/** Which function carries out which activity of the catalogue. Nothing heavy is loaded before a worker is asked for it. */
import { CATALOG, type ActivityName } from '../configs/schema/catalog.js';
import { define, type TaskDefinition, type TaskTable } from './definition.js';
import { OneAtATime } from './one-at-a-time.js';
import { wrap, type Activity } from './wrap.js';

export const TASKS = {
  provision: define(CATALOG.provision, async () => (await import('./environment/provision.js')).provision),
  audit: define(CATALOG.audit, async () => (await import('./dataset/audit.js')).audit),
  preprocess: define(CATALOG.preprocess, async () => (await import('./preprocessing/preprocess.js')).preprocess),
  model: define(CATALOG.model, async () => (await import('./model/model.js')).model),
  train: define(CATALOG.train, async () => (await import('./training/train.js')).train),
  evaluate: define(CATALOG.evaluate, async () => (await import('./evaluation/evaluate.js')).evaluate),
} as const satisfies Partial<Record<ActivityName, TaskDefinition>>;

/** A Temporal activity for each task of the table, by the same name. */
export function taskActivities(root: string, tasks: TaskTable): Record<string, Activity> {
  const attempts = new OneAtATime();
  return Object.fromEntries(Object.entries(tasks).map(([name, definition]) => [name, wrap(root, definition, attempts)]));
}
