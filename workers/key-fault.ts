/**
 * Whether the workers can read what this command's project seals. A worker with another key, another project or another server leaves
 * tasks waiting, and cannot say so itself: nobody could read its words.
 */
import { Problem } from '../configs/problem.js';
import type { Queue } from '../configs/schema/pipeline.js';
import { pollersOf } from './pollers.js';
import { isAlive } from './processes/identity.js';
import { findRecord } from './processes/record.js';
import { KEY_VARIABLE } from './project/project.js';
import { describeWork, lacksKey, placeOf } from './project/whose.js';
import type { TemporalLink } from './temporal.js';

/** What keeps a worker of `queue` from reading this project's tasks; null where nothing is seen to. */
export async function keyFault(root: string, link: TemporalLink, queue: Queue): Promise<Problem | null> {
  const record = await findRecord(root, queue);
  if (record !== null && isAlive(record.process) && record.target !== describeWork(link, link.project)) {
    const message = `the ${queue} worker (pid ${record.process.pid}) was started for another server, project or key than this command`;
    return new Problem({ code: 'UNSEALED', message, cure: 'emo-aen up starts it anew' });
  }
  const lacking = (await pollersOf(link, queue))?.find((worker) => lacksKey(worker, link.project));
  if (lacking === undefined) return null;
  const message = `the ${queue} worker ${placeOf(lacking)} does not have this project's key`;
  const cure = `set the same ${KEY_VARIABLE} there as here, then there: emo-aen up (docs/security.md)`;
  return new Problem({ code: 'UNSEALED', message, cure });
}
