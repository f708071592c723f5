/** Starts a process that outlives this one, with its output in `.emo-aen/logs/<name>.log`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../configs/problem.js';
import { identify, type ProcessIdentity } from './identity.js';
import { writeRecord, type ProcessName, type ProcessRecord } from './record.js';

const TAIL_LINES = 10;

export interface Launch {
  readonly root: string;
  readonly name: ProcessName;
  readonly program: string;
  readonly args: readonly string[];
  /** Left out: the surroundings of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly target: string;
  readonly code: string;
}

/** Relative to the project root. */
export function logPath(name: ProcessName): string {
  return `.emo-aen/logs/${name}.log`;
}

/**
 * Starts it in a session of its own and records it. What the log held before stays above what this one writes.
 * @throws Problem ENVIRONMENT where the program cannot be started.
 */
export async function launch({ root, name, program, args, env, target, code }: Launch): Promise<ProcessRecord> {
  await mkdir(join(root, '.emo-aen', 'logs'), { recursive: true });
  const log = await open(join(root, logPath(name)), 'a');
  try {
    const child = spawn(program, args, { cwd: root, env: env ?? process.env, detached: true, stdio: ['ignore', log.fd, log.fd] });
    child.unref();
    await once(child, 'spawn').catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Problem({ code: 'ENVIRONMENT', message, where: program, cure: 'npm run setup, then emo-aen doctor', cause });
    });
    const identity = child.pid === undefined ? null : identify(child.pid);
    if (identity === null) throw await endedAtOnce(root, name);
    const startedAt = new Date().toISOString();
    const record: ProcessRecord = { version: 1, name, process: identity, startedAt, log: logPath(name), target, code };
    await writeRecord(root, record);
    return record;
  } finally {
    await log.close();
  }
}

/** The problem of a process that ended before it was ready, with the last lines of its log. */
export async function endedAtOnce(root: string, name: ProcessName, process?: ProcessIdentity): Promise<Problem> {
  const text = await readFile(join(root, logPath(name)), 'utf8');
  const tail = text.trimEnd().split('\n').slice(-TAIL_LINES);
  const which = process === undefined ? name : `${name} (pid ${process.pid})`;
  const message = [`${which} ended before it was ready; the end of its log:`, ...tail.map((line) => `  | ${line}`)].join('\n');
  return new Problem({ code: 'ENVIRONMENT', message, where: logPath(name), cure: 'emo-aen doctor tells what this machine lacks' });
}
