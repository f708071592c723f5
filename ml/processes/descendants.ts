/** Ends all that came of a process: its group, its session, its children, and what left all of these but has its mark. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import { isAbout } from '../../configs/problem.js';

/** The variable by which all that came of a process is known, also what left its group. */
export const MARK = 'EMO_AEN_PROCESS';

interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Kernel's ticks since boot. */
  readonly start: number;
}

/**
 * Ends them. The process itself is left alone.
 * @param leader of its group and session
 * @param mark value of {@link MARK} in its environment
 * @param gone whether the process has ended: then its number may be another's by now
 */
export function endDescendants(leader: number, mark: string, gone = false): void {
  const ended = new Set<number>([leader]);
  // What is ended starts nothing more; what it had just started is found in the next round.
  for (;;) {
    const found = descendantsOf(leader, mark, gone).filter((pid) => !ended.has(pid));
    if (found.length === 0) return;
    for (const pid of found) {
      ended.add(pid);
      kill(pid);
    }
  }
}

function descendantsOf(leader: number, mark: string, gone: boolean): number[] {
  const all = processes();
  const begun = (gone ? undefined : all.find(({ pid }) => pid === leader)?.start) ?? 0;
  const found = new Set<number>(gone ? [] : [leader]);
  for (const { pid, group, session, start } of all) {
    if (group === leader || session === leader || (start >= begun && hasMark(pid, mark))) found.add(pid);
  }
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Without those that have ended and wait for their parent to notice. */
function processes(): Seen[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const stat = readOrEmpty(`/proc/${pid}/stat`);
    // The second field is the program's name in parentheses, which may hold spaces and parentheses: count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = 'X', parent, group, session] = fields;
    if ('ZX'.includes(state)) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: Number(session), start: Number(fields[19]) }];
  });
}

function hasMark(pid: number, mark: string): boolean {
  return mark !== '' && readOrEmpty(`/proc/${pid}/environ`).split('\0').includes(`${MARK}=${mark}`);
}

/** Empty for a process that has ended, and for what another account keeps to itself. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended; or it became another account's, which this one cannot end.
    if (!isAbout(error, 'ESRCH', 'EPERM')) throw error;
  }
}
