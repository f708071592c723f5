/** Ends a process of a project together with its supervisor. */
import { holdersOf, outOfSight, runsSomewhere } from './holders.js';
import { endProcess, endSupervisor, hasEnded, type ProcessIdentity } from './identity.js';
import { findRecord, removeRecord, type ProcessName } from './record.js';

export interface Ended {
  readonly name: ProcessName;
  readonly pid: number;
  readonly ended: 'gracefully' | 'hard';
}

/** For so long after its process a supervisor may live. */
const LEAVE_MS = 1_000;

/** For so long one whose record was lost may save what it did. */
const LOST_GRACE_MS = 6_500;

/**
 * Asks it to end, ends it the hard way after `graceMs`, and removes its record. Null where nothing ran. One whose record was lost is
 * found by its lock. The caller holds the project's lock.
 * @throws Problem CONFLICT where it runs in another container, on another machine, or out of sight under another account.
 */
export async function takeDown(root: string, name: ProcessName, graceMs: number): Promise<Ended | null> {
  const recorded = await endRecorded(root, name, graceMs);
  const lost = await endLost(root, name, Math.max(graceMs, LOST_GRACE_MS));
  await removeRecord(root, name);
  return recorded ?? lost;
}

async function endLost(root: string, name: ProcessName, graceMs: number): Promise<Ended | null> {
  if (!(await runsSomewhere(root, name))) return null;
  const holders = await holdersOf(root, name);
  // All are asked at once, so that a supervisor knows of it before its process has ended.
  const ended = await Promise.all(holders.map((holder) => endProcess(holder, graceMs)));
  if (await runsSomewhere(root, name)) throw await outOfSight(root, name);
  // Its supervisor, if it has one, began before it.
  const last = holders.sort((one, other) => Number(one.start) - Number(other.start)).at(-1);
  return last === undefined ? null : { name, pid: last.pid, ended: ended.includes('hard') ? 'hard' : 'gracefully' };
}

async function endRecorded(root: string, name: ProcessName, graceMs: number): Promise<Ended | null> {
  let done: Ended | null = null;
  let last: ProcessIdentity | undefined;
  for (;;) {
    const record = await findRecord(root, name);
    if (record === null) return done;
    const { process, supervisor } = record;
    if (supervisor !== null) endSupervisor(supervisor, 'SIGTERM');
    const ended = await endProcess(process, graceMs);
    if (ended !== null) done = { name, pid: process.pid, ended };
    if (supervisor === null || (await hasEnded(supervisor, LEAVE_MS))) return done;
    // Its supervisor had just started it again: the record names the new one now. Else the supervisor itself hangs.
    if (last?.pid === process.pid) endSupervisor(supervisor, 'SIGKILL');
    last = process;
  }
}
