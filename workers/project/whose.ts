/** Whose work a worker does: so it says in its record on this machine, and to the server. A key is told by its id, which tells nothing of it. */
import { hostname } from 'node:os';
import type { TemporalTarget } from '../temporal.js';
import { keyId, type Project } from './project.js';

const KEYS = ' keys=';

/** How a record names a target. */
export function describeTarget({ address, namespace }: Pick<TemporalTarget, 'address' | 'namespace'>): string {
  return `${address} ${namespace}`;
}

/** The server, the project and the keys that a worker of this machine was started for. */
export function describeWork(target: Pick<TemporalTarget, 'address' | 'namespace'>, project: Project): string {
  return `${describeTarget(target)}, project ${project.id.slice(0, 8)},${KEYS}${keysOf(project)}`;
}

/** What a worker is called at the server: `pid@host keys=…`. */
export function workerIdentity(project: Project): string {
  return `${process.pid}@${hostname()}${KEYS}${keysOf(project)}`;
}

/** `pid@host` */
export function placeOf(identity: string): string {
  return identity.split(KEYS, 1)[0] ?? identity;
}

/** Whether that worker says it cannot open what `project` seals. */
export function lacksKey(identity: string, { keys: [key] }: Project): boolean {
  const [, keys] = identity.split(KEYS);
  return keys !== undefined && !keys.split(',').includes(keyId(key));
}

function keysOf({ keys }: Project): string {
  return keys.map(keyId).join(',');
}
