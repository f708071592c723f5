/** Which process a number means: a pid is used again after its process ended, so its start belongs to it. Linux only. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** `start` is in the kernel's ticks since boot; `boot` tells one boot from the next. */
export const ProcessIdentity = z.object({ pid: z.int().positive(), start: z.string(), boot: z.string() });
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

const POLL_MS = 25;

/** The identity of a process that runs now; null if there is none, or only its zombie. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  const boot = readOrNull('/proc/sys/kernel/random/boot_id');
  if (stat === null || boot === null) return null;
  // The second field is the program's name in parentheses, which may hold spaces and parentheses: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  if (state === undefined || start === undefined || 'ZX'.includes(state)) return null;
  return { pid, start, boot: boot.trim() };
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
  return now !== null && now.start === identity.start && now.boot === identity.boot;
}

/** Waits until it has ended, at most `limitMs`; tells whether it has. */
export async function hasEnded(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
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

function signal(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): boolean {
  if (!isAlive(identity)) return false;
  try {
    // A hard end takes the children too, which would otherwise go on by themselves.
    process.kill(name === 'SIGKILL' ? -identity.pid : identity.pid, name);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
