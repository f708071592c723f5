/** Ends a process of a project together with its supervisor. */
import { endProcess, endSupervisor, hasEnded, type ProcessIdentity } from './identity.js';
import { findRecord, removeRecord, type ProcessName } from './record.js';

export interface Ended {
  readonly name: ProcessName;
  readonly pid: number;
  readonly ended: 'gracefully' | 'hard';
}

/** For so long after its process a supervisor may live. */
const LEAVE_MS = 1_000;

/** Asks it to end, ends it the hard way after `graceMs`, and removes its record. Null where nothing ran. */
export async function takeDown(root: string, name: ProcessName, graceMs: number): Promise<Ended | null> {
  let done: Ended | null = null;
  let last: ProcessIdentity | undefined;
  for (;;) {
    const record = await findRecord(root, name);
    if (record === null) return done;
    const { process, supervisor } = record;
    if (supervisor !== null) endSupervisor(supervisor, 'SIGTERM');
    const ended = await endProcess(process, graceMs);
    if (ended !== null) done = { name, pid: process.pid, ended };
    if (supervisor === null || (await hasEnded(supervisor, LEAVE_MS))) break;
    // Its supervisor had just started it again: the record names the new one now. Else the supervisor itself hangs.
    if (last?.pid === process.pid) endSupervisor(supervisor, 'SIGKILL');
    last = process;
  }
  await removeRecord(root, name);
  return done;
}
