/**
 * The lock that a process of a project and its supervisor hold while they live. A record says which process runs; it may be lost, and
 * its process ids mean nothing in another container on the same folder. Whether one runs at all, the kernel knows by the lock.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isHeld, ownerOf, surroundings } from '#setup/lock.mjs';
import { isAbout, Problem } from '../../configs/problem.js';
import { identify, type ProcessIdentity } from './identity.js';
import type { ProcessName } from './record.js';

export function processLock(root: string, name: ProcessName): string {
  return join(root, '.emo-aen', 'processes', `${name}.lock`);
}

/** Whether a process of that name, or its supervisor, runs anywhere: in this container or another. */
export function runsSomewhere(root: string, name: ProcessName): Promise<boolean> {
  return isHeld(processLock(root, name));
}

/**
 * The processes that have the lock's file open, as far as they can be seen from here: not those of another container or machine,
 * nor those of another account. Nobody but a holder has it open while the caller alone changes which processes run.
 */
export async function holdersOf(root: string, name: ProcessName): Promise<ProcessIdentity[]> {
  const lock = await stat(processLock(root, name), { bigint: true });
  const found: ProcessIdentity[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (!(await hasOpen(pid, lock))) continue;
    const identity = identify(pid);
    if (identity !== null) found.push(identity);
  }
  return found;
}

async function hasOpen(pid: number, file: { readonly dev: bigint; readonly ino: bigint }): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await readdir(folder).catch(unseen)) {
    const open = await stat(join(folder, descriptor), { bigint: true }).catch(() => null); // closed meanwhile
    if (open !== null && open.dev === file.dev && open.ino === file.ino) return true;
  }
  return false;
}

/** It has ended, or belongs to another account. */
function unseen(error: unknown): string[] {
  if (isAbout(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return [];
  throw error;
}

/** The problem of a process that runs, but that this command can neither see nor end. */
export async function outOfSight(root: string, name: ProcessName): Promise<Problem> {
  const where = processLock(root, name);
  const owner = await ownerOf(where);
  const conflict = (who: string, cure: string): Problem =>
    new Problem({ code: 'CONFLICT', message: `the ${name} process of this project runs already, ${who}`, where, cure });
  if (owner === null)
    return conflict('out of sight of this command', 'emo-aen down ends it in the container, or as the account, that started it');
  const here = surroundings();
  const { pid, host, since } = owner;
  if (owner.boot === here.boot && owner.namespace === here.namespace)
    return conflict(`under another account (pid ${pid}, since ${since})`, 'emo-aen down ends it as the account that started it');
  const who = `in another container or on another machine (host ${host}, pid ${pid} there, since ${since})`;
  return conflict(who, 'emo-aen down ends it, typed where it was started');
}
