/** Who asks the server for work. A worker is called `pid@host keys=…` there. */
import { hostname } from 'node:os';
import type { Queue } from '../configs/schema/pipeline.js';
import { taskQueueOf } from '../workflows/names.js';
import { identify } from './processes/identity.js';
import { placeOf } from './project/whose.js';
import type { TemporalLink } from './temporal.js';

/** The server's number for a queue of activities. */
const ACTIVITIES = 2;

/** Workers that may still run and asked for work in the last five minutes; null where the server does not say. */
export async function pollersOf({ connection, namespace, project }: TemporalLink, queue: Queue): Promise<readonly string[] | null> {
  try {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueueOf(project.id, queue) },
      taskQueueType: ACTIVITIES,
    });
    return (pollers ?? []).flatMap(({ identity }) => (isGone(identity ?? null) ? [] : [identity ?? '']));
  } catch {
    return null; // nothing is said where nothing is known
  }
}

export function isHere(worker: string | null): boolean {
  if (worker === null) return false;
  const place = placeOf(worker);
  return place.slice(place.indexOf('@') + 1) === hostname();
}

export function isGone(worker: string | null): boolean {
  return isHere(worker) && identify(Number.parseInt(String(worker), 10)) === null;
}
