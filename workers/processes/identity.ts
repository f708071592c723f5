/** Which process a number means: a pid is used again after its process ended, so its start belongs to it. Linux only. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isAbout, Problem } from '../../configs/problem.js';
import { accountName } from '../../configs/system-error.js';

/** `start` is in the kernel's ticks since boot; `boot` tells one boot from the next. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly start: string;
  readonly boot: string;
}

const POLL_MS = 25;

/** The identity of a process that runs now; null if there is none, or it has been ended. */
export function identify(pid: number): ProcessIdentity | null {
  const found = look(pid);
  return found === null || found.dying ? null : found.identity;
}

interface Seen {
  readonly identity: ProcessIdentity;
  /** Ended, but some of its threads are not gone yet, and with them its ports, files and locks. */
  readonly dying: boolean;
}

function look(pid: number): Seen | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  const boot = readOrNull('/proc/sys/kernel/random/boot_id');
  if (stat === null || boot === null) return null;
  // The second field is the program's name in parentheses, which may hold spaces and parentheses: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, start] = [fields[0], fields[17], fields[19]];
  if (state === undefined || threads === undefined || start === undefined) return null;
  // A zombie is gone but for its number, unless it is only the first thread of those that a kill ends one by one.
  const dying = 'ZX'.includes(state);
  return dying && Number(threads) <= 1 ? null : { identity: { pid, start, boot: boot.trim() }, dying };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // no such process
  }
}

/** Whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== null && isSame(now, identity);
}

function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.start === other.start && one.boot === other.boot;
}

/** Waits until it and all that it held are gone, at most `limitMs`; tells whether they are. */
export async function hasEnded(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const now = look(identity.pid);
    if (now === null || !isSame(now.identity, identity)) return true;
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
}

/**
 * Asks a process to end (SIGTERM); after `graceMs` ends it and its group, which it must lead, the hard way.
 * @returns `gracefully` or `hard`; null if it did not run any more.
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<'gracefully' | 'hard' | null> {
  if (!signal(identity, 'SIGTERM')) return null;
  if (await hasEnded(identity, graceMs)) return 'gracefully';
  signal(identity, 'SIGKILL');
  await hasEnded(identity, 1_000);
  return 'hard';
}

/** Tells a supervisor to start nothing any more; with SIGKILL ends just that process: its child has a group of its own. */
export function endSupervisor(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): void {
  send(identity, name, identity.pid);
}

function signal(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): boolean {
  // A hard end takes the children too, which would otherwise go on by themselves.
  return send(identity, name, name === 'SIGKILL' ? -identity.pid : identity.pid);
}

function send(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL', target: number): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(target, name);
    return true;
  } catch (error) {
    if (isAbout(error, 'ESRCH')) return false;
    if (isAbout(error, 'EPERM')) throw another(identity.pid, error);
    throw error;
  }
}

/** The problem of a process that this account may not end. */
function another(pid: number, cause: Error): Problem {
  const owner = ownerOf(pid);
  return new Problem({
    code: 'ENVIRONMENT',
    message: `process ${pid} belongs to ${owner === null ? 'another account' : `the account ${owner}`}: this one may not end it`,
    cure:
      owner === null ? 'run the command as the account that started it' : `run the command as ${owner}: sudo -u ${owner} npx emo-aen down`,
    cause,
  });
}

function ownerOf(pid: number): string | null {
  const [, uid] = /^Uid:\s+(\d+)/m.exec(readOrNull(`/proc/${pid}/status`) ?? '') ?? [];
  return uid === undefined ? null : accountName(Number(uid));
}
