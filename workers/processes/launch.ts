/** Starts a process that outlives this one and is kept running, with its output in `.emo-aen/logs/<name>.log`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from '../../configs/problem.js';
import { makeFolder, startPrivately } from '../../ml/files/folders.js';
import { processLock } from './holders.js';
import type { ProcessIdentity } from './identity.js';
import { rotateLog } from './log.js';
import { ProcessRecord, recordPath, type ProcessName } from './record.js';
import type { Answer, Supervised } from './supervised.js';

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

const SUPERVISOR = fileURLToPath(new URL('supervisor.js', import.meta.url));
/** A supervisor holds a few objects. */
const SMALL = ['--max-old-space-size=32', '--max-semi-space-size=1'];

/**
 * Starts it under a supervisor, both in sessions of their own, and gives its record. What the log held before stays above what this one
 * writes. `adopt` is the record of one that runs, but whose supervisor is gone.
 * @throws Problem ENVIRONMENT where the program cannot be started.
 */
export async function launch({ root, name, program, args, env, target, code }: Launch, adopt?: ProcessRecord): Promise<ProcessRecord> {
  const logFile = join(root, logPath(name));
  await makeFolder(dirname(logFile));
  rotateLog(logFile);
  const log = await open(logFile, 'a', 0o600);
  try {
    const stdio = ['ignore', log.fd, log.fd, 'ipc'] as const;
    // What it starts inherits its umask.
    const supervisor = startPrivately(() =>
      spawn(process.execPath, [...SMALL, SUPERVISOR], { cwd: root, env: env ?? process.env, detached: true, stdio: [...stdio] }),
    );
    const job: Supervised = {
      root,
      name,
      program,
      args,
      target,
      code,
      log: logPath(name),
      logFile,
      record: recordPath(root, name),
      lock: processLock(root, name),
      adopt: adopt === undefined ? null : { process: adopt.process, startedAt: adopt.startedAt },
    };
    const answer = await answerOf(supervisor, job);
    if ('record' in answer) return ProcessRecord.parse(answer.record);
    const cure = 'npm run setup, then emo-aen doctor';
    throw new Problem({ code: 'ENVIRONMENT', message: `${name} cannot be started: ${answer.failed}`, where: program, cure });
  } finally {
    await log.close();
  }
}

async function answerOf(supervisor: ChildProcess, job: Supervised): Promise<Answer> {
  try {
    return await new Promise<Answer>((resolve, reject) => {
      supervisor.once('message', (message) => resolve(message as Answer));
      supervisor.once('error', reject);
      supervisor.once('exit', (code, signal) => reject(new Error(`the supervisor of ${job.name} ended at once (${signal ?? code})`)));
      supervisor.once('spawn', () => supervisor.send(job));
    });
  } finally {
    if (supervisor.connected) supervisor.disconnect();
    supervisor.removeAllListeners().unref();
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
