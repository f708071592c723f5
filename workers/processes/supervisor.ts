/**
 * Keeps one process of a project running: starts it, and starts it again whenever it ends. The program of the process that `launch`
 * starts. It waits for an event and polls nothing, and loads neither Temporal nor the schemas, so that it costs next to nothing.
 *
 * SIGTERM means: start nothing any more, and end once the process has ended. Who sends it ends the process as well (takeDown). Where
 * the supervisor itself is killed, the process goes on, and the next `emo-aen up` gives it a new supervisor.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ownerNow, takeLock, type HeldLock } from '#setup/lock.mjs';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { outliveLog } from '../../ml/files/lasting-output.js';
import { identify, isAlive, type ProcessIdentity } from './identity.js';
import { rotateLog } from './log.js';
import { pauseAfter, STEADY_MS } from './pauses.js';
import type { Answer, Deaths, Supervised } from './supervised.js';

/** How often a process that this one did not start is looked at: nothing tells when it ends. */
const LOOK_MS = 2_000;
/** How soon a record that could not be written is written again. */
const WRITE_AGAIN_MS = 5_000;
/** How long another holder of the lock is waited for: one that is about to end. */
const LOCK_S = 2;

class Supervisor {
  private child: ChildProcess | null = null;
  private ending = false;
  private deaths: Deaths | null = null;
  private running: { readonly process: ProcessIdentity; readonly startedAt: string } | null = null;
  private lock: HeldLock | null = null;
  private unwritten = false;
  private writing = false;

  constructor(
    private readonly job: Supervised,
    private readonly own: ProcessIdentity,
  ) {}

  /** Ends at once where no child of its own runs; else once the child has ended. */
  end(): void {
    this.ending = true;
    if (this.child === null) process.exit(0);
  }

  async start(): Promise<void> {
    const { program, args, root, log } = this.job;
    const began = performance.now();
    let lock: number;
    try {
      lock = await this.holdLock();
    } catch (error) {
      return this.failed(error instanceof Error ? error : new Error(String(error)), began);
    }
    const output = this.openLog();
    // The lock goes to the process too: where the supervisor is killed, the process still holds it.
    const child = spawn(program, args, { cwd: root, detached: true, stdio: ['ignore', output, output, lock] });
    if (typeof output === 'number') closeSync(output);
    this.child = child;
    child.once('error', (error) => this.failed(error, began));
    child.once('spawn', () => {
      const identity = child.pid === undefined ? null : identify(child.pid);
      // One that has ended already has no identity: its `exit` follows.
      if (identity !== null) this.runs(identity, new Date().toISOString());
    });
    child.once('exit', (code, signal) => {
      if (this.running === null) answer({ failed: `it ended at once; see ${log}` });
      this.died(signal === null ? `exit code ${code}` : signal, performance.now() - began);
    });
  }

  /** Watches over a process that another supervisor had started. */
  async adopt(found: ProcessIdentity, startedAt: string): Promise<void> {
    // It holds the lock, which cannot be had from it. Who looks for its holders must find this supervisor too.
    openSync(this.job.lock, 'a', 0o600);
    this.runs(found, startedAt);
    while (isAlive(found)) await delay(LOOK_MS);
    this.died('another way than this supervisor could see', STEADY_MS);
  }

  /** Nothing is started without the lock: another container may have started it meanwhile. */
  private async holdLock(): Promise<number> {
    if (this.lock !== null) return this.lock.descriptor;
    const { lock, name } = this.job;
    this.lock = await takeLock(lock, { waitSeconds: LOCK_S });
    const owner = { ...ownerNow(), command: `supervisor of ${name}` };
    await this.lock.say(owner).catch((error: unknown) => this.say(`${lock} could not be written: ${String(error)}`)); // a full disk
    return this.lock.descriptor;
  }

  private runs(identity: ProcessIdentity, startedAt: string): void {
    this.running = { process: identity, startedAt };
    this.deaths = this.deaths === null ? null : { ...this.deaths, againAt: null };
    void this.save();
  }

  private failed(error: Error, began: number): void {
    answer({ failed: error.message });
    this.died(error.message, performance.now() - began);
  }

  private died(how: string, livedMs: number): void {
    const pid = this.running?.process.pid ?? 0;
    this.child = null;
    if (this.ending) process.exit(0);
    const count = livedMs >= STEADY_MS ? 1 : (this.deaths?.count ?? 0) + 1;
    const pauseMs = pauseAfter(count);
    const now = Date.now();
    this.deaths = { count, how, at: new Date(now).toISOString(), againAt: new Date(now + pauseMs).toISOString() };
    this.say(`${this.job.name} (pid ${pid}) ended: ${how}. Start again in ${pauseMs / 1000} s`);
    setTimeout(() => void this.start(), pauseMs);
    void this.save();
  }

  /** Writes the record, or, on a full disk, writes it as soon as that can be done. */
  private async save(): Promise<void> {
    this.unwritten = true;
    if (this.writing) return;
    this.writing = true;
    while (this.unwritten && this.running !== null) {
      this.unwritten = false;
      const { name, record, program, args, log, target, code } = this.job;
      const { running, own: supervisor, deaths } = this;
      try {
        const value = { version: 1, name, ...running, log, target, code, program, args, supervisor, deaths };
        await writeJsonAtomically(record, value);
        answer({ record: value });
      } catch (error) {
        this.unwritten = true;
        this.say(`the record of ${name} could not be written: ${error instanceof Error ? error.message : String(error)}`);
        await delay(WRITE_AGAIN_MS);
      }
    }
    this.writing = false;
  }

  /** The log, or nothing where even an empty file has no place. */
  private openLog(): number | 'ignore' {
    try {
      rotateLog(this.job.logFile);
      return openSync(this.job.logFile, 'a', 0o600);
    } catch (error) {
      process.stderr.write(`the log of ${this.job.name} cannot be opened: ${String(error)}\n`);
      return 'ignore';
    }
  }

  private say(text: string): void {
    try {
      appendFileSync(this.job.logFile, `${new Date().toISOString()} supervisor: ${text}\n`);
    } catch {
      process.stderr.write(`${text}\n`); // on a full disk it is counted there; how the process ended stands in its record too
    }
  }
}

let answered = false;

/** The first answer alone goes to who started the supervisor. */
function answer(value: Answer): void {
  if (answered) return;
  answered = true;
  process.send?.(value, undefined, undefined, () => {
    if (process.connected) process.disconnect();
    if ('failed' in value) process.exit(1);
  });
}

outliveLog();
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.once('message', (job: Supervised) => {
  const own = identify(process.pid);
  if (own === null) throw new Error('/proc cannot be read');
  process.title = `emo-aen supervisor of ${job.name}`;
  const supervisor = new Supervisor(job, own);
  process.on('SIGTERM', () => supervisor.end());
  if (job.adopt === null) void supervisor.start();
  else void supervisor.adopt(job.adopt.process, job.adopt.startedAt);
});
