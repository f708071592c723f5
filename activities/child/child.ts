/** Runs a job in a child process, so that heartbeats never wait for a step, and watches over it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { errorOf } from '../../configs/failure.js';
import { Problem } from '../../configs/problem.js';
import type { Progress } from '../../configs/schema/payload.js';
import type { TrainSettings } from '../../configs/schema/train.js';
import { FromChild, type Job, type Result, type ToChild } from '../../ml/engine/jobs/protocol.js';
import { tensorFlowEnvironment } from '../../ml/engine/tensorflow.js';
import { CHANNEL, eachLine, listen, say } from '../../ml/processes/channel.js';

export interface ChildOptions {
  readonly environment: TrainSettings['environment'];
  /** Without a word from the child for so long, it is ended. */
  readonly stallSeconds: number;
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  /** Told the child's process id once it runs: for tests that do it harm. */
  started?(pid: number): void;
}

const ENTRY = fileURLToPath(new URL('../../ml/engine/jobs/main.js', import.meta.url));
/** Between SIGTERM and SIGKILL: a step and a checkpoint take less; `emo-aen down` promises to end within 10 s. */
const GRACE_MS = 8_000;
const LINES_KEPT = 12;

/** Threads of TensorFlow: as set, else one per core. */
export function threadsOf({ threads }: TrainSettings['environment']): number {
  return threads ?? availableParallelism();
}

/**
 * The job's result.
 * @throws `signal.reason` where it is aborted (after the child has saved and ended); the child's Problem; Problem STALLED or CHILD_DIED.
 */
export async function runInChild(job: Job, options: ChildOptions): Promise<Result> {
  options.signal.throwIfAborted();
  const { device } = options.environment;
  const child = spawn(process.execPath, ['--enable-source-maps', ENTRY], {
    env: { ...process.env, ...tensorFlowEnvironment(device, threadsOf(options.environment)) },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const lines = lastLines(child);
  const abort = (): void => endGently(child);
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    const answer = await conversation(child, job, options, lines);
    options.signal.throwIfAborted();
    return answer;
  } catch (error) {
    // What a child says that was told to end is not what went wrong.
    options.signal.throwIfAborted();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', abort);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
}

function conversation(child: ChildProcess, job: Job, options: ChildOptions, lines: readonly string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    let answer: FromChild | null = null;
    let stalled = false;
    const watch = setTimeout(() => {
      stalled = true;
      child.kill('SIGKILL');
    }, options.stallSeconds * 1000);
    const channel = child.stdio[CHANNEL] as Duplex;
    channel.on('error', () => undefined); // it has ended; how is told on close
    listen(
      channel,
      FromChild,
      (said) => {
        watch.refresh();
        if (said.kind === 'progress') options.progress(said.progress);
        else answer = said;
      },
      (error) => {
        reject(error);
        child.kill('SIGKILL');
      },
    );
    child.once('error', reject);
    // Not `exit`: what it said last may still be on the way then.
    child.once('close', (code, signal) => {
      clearTimeout(watch);
      if (stalled) reject(stall(job, options.stallSeconds));
      else if (answer === null) reject(death(job, code, signal, lines));
      else settle(answer, resolve, reject);
    });
    child.once('spawn', () => {
      void say(channel, { job } satisfies ToChild);
      if (child.pid !== undefined) options.started?.(child.pid);
    });
  });
}

function settle(answer: FromChild, resolve: (result: Result) => void, reject: (error: Error) => void): void {
  if (answer.kind === 'result') resolve(answer.result);
  else if (answer.kind === 'failure') reject(errorOf(answer.failure));
}

function stall(job: Job, seconds: number): Problem {
  return new Problem({
    code: 'STALLED',
    message: `the process that does ${job.kind} gave no sign of progress for ${seconds} s and was ended`,
    where: 'loop.stallSeconds',
    cure: 'nothing: the next attempt continues from the last checkpoint; raise loop.stallSeconds if steps really take so long',
  });
}

function death(job: Job, code: number | null, signal: NodeJS.Signals | null, lines: readonly string[]): Problem {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const last = lines.length === 0 ? 'it said nothing' : `it last said: ${lines.join(' | ')}`;
  return new Problem({
    code: 'CHILD_DIED',
    message: `the process that does ${job.kind} ended ${how}; ${last}`,
    cure: 'nothing: the next attempt continues from the last checkpoint; if it was SIGKILL, the system may be out of memory (raise loop.accumulate)',
  });
}

function endGently(child: ChildProcess): void {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  kill.unref();
  child.once('exit', () => clearTimeout(kill));
}

/** The last lines of what the child writes, kept up to date. */
function lastLines(child: ChildProcess): readonly string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    eachLine(stream, (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
    });
  }
  return lines;
}
