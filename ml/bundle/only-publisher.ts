/** One process at a time changes a bundle: runs that publish together wait for each other, and so does a rollback. */
import { join } from 'node:path';
import { withLock } from '../files/lock.js';
import { VERSIONS } from './layout.js';

/** Longer than copying and hashing a version takes on a slow disk. */
const WAIT_S = 600;

/**
 * Runs `change` while no other process changes the bundle in `directory`. The lock lies in the bundle, so it also holds between
 * projects that share one.
 * @throws Problem CONFLICT where another process still changes it after ten minutes, and names that process.
 */
export function onlyPublisher<Result>(directory: string, change: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  return withLock(join(directory, VERSIONS, '.lock'), change, { waitSeconds: WAIT_S, ...(signal === undefined ? {} : { signal }) });
}
