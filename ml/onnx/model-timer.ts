/** The process that times one model (time-model.ts), as its parent sees it. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';

export interface TimerRequest {
  /** What the model is called where something goes wrong. */
  readonly name: string;
  readonly path: string;
  /** Height and width of the input, px. */
  readonly crop: number;
  readonly threads: number;
  /** Ends the process. */
  readonly signal: AbortSignal;
}

const PROGRAM = fileURLToPath(new URL('time-model.js', import.meta.url));
const LAST_WORDS = 2_000;

const Loaded = z.object({ loadMs: z.number() });
const Times = z.object({ times: z.array(z.number()).min(1), peakMegabytes: z.number().nullable() });
export type Times = z.infer<typeof Times>;

export class ModelTimer {
  private readonly died: Promise<never>;

  private constructor(
    private readonly child: ChildProcess,
    { name, signal }: TimerRequest,
    /** From the file to a session that can run. */
    public loadMs = NaN,
  ) {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-LAST_WORDS)));
    this.died = new Promise((resolve) => child.once('close', resolve)).then(() => {
      signal.throwIfAborted();
      throw new Problem({
        code: 'CHILD_DIED',
        message: `the process that times ${name} ended without a measurement: ${lastLine(said)}`,
        cure: 'look whether memory ran out; it is tried again',
      });
    });
    // It also ends on purpose, when nobody waits any more.
    this.died.catch(() => undefined);
  }

  /** With the model loaded and warm. @throws Problem CHILD_DIED; `signal.reason` where it is aborted. */
  static async open(request: TimerRequest): Promise<ModelTimer> {
    const { path, crop, threads, signal } = request;
    signal.throwIfAborted();
    const child = fork(PROGRAM, [path, String(crop), String(threads)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      signal,
      killSignal: 'SIGKILL',
    });
    // An abort is told as an error too; `close` follows and says why.
    child.on('error', () => undefined);
    const timer = new ModelTimer(child, request);
    timer.loadMs = Loaded.parse(await timer.answer()).loadMs;
    return timer;
  }

  /** Milliseconds of each of so many photos, one at a time, and the most memory that the process had, in MB. @throws as `open`. */
  async time(photos: number): Promise<Times> {
    this.child.send(photos);
    return Times.parse(await this.answer());
  }

  close(): void {
    this.child.kill('SIGKILL');
  }

  private async answer(): Promise<unknown> {
    const answered = new Promise((resolve) => this.child.once('message', resolve));
    return Promise.race([answered, this.died]);
  }
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => /\bError\b/.test(line));
  return lines[0]?.trim() ?? (text.trim() === '' ? 'it said nothing' : (text.trim().split('\n').at(-1) ?? ''));
}
