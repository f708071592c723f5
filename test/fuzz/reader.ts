/** Runs a parser over many inputs in a process of its own, which is started again where an input ended it. */
import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding, FromChild, Job } from './child.js';

export interface Result {
  /** How often each outcome came: `taken`, or the word that an input was refused with. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
  /** Inputs that were read: fewer than asked for where there is no end of deaths. */
  readonly inputs: number;
}

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));
/** Of JavaScript's heap, MiB: what a parser makes of a megabyte has room. */
const HEAP = 512;
/** Seconds without a new input. */
const PATIENCE = 30;
/** Deaths after which a parser is not tried any further. */
const MOST_DEATHS = 25;
const LOOK_MS = 500;
const TAIL = 6_000;

export class Reader {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'emo-aen-fuzz-'));
  readonly #progress = join(this.#scratch, 'progress');
  readonly #file = openSync(this.#progress, 'w+');
  #child: ChildProcess | null = null;
  #tail = '';

  /** @param environment variables for the process: of a build with sanitizers, say */
  constructor(private readonly environment: Readonly<Record<string, string>> = {}) {}

  async run(job: Job): Promise<Result> {
    const outcomes = new Map<string, number>();
    const findings: Finding[] = [];
    const hear = (message: FromChild): void => {
      if ('finding' in message) findings.push(message.finding);
      else if ('outcome' in message) outcomes.set(message.outcome, (outcomes.get(message.outcome) ?? 0) + message.times);
    };
    const end = job.first + job.count;
    let first = job.first;
    for (let deaths = 0; first < end && deaths < MOST_DEATHS; deaths++) {
      const died = await this.#part({ ...job, first, count: end - first }, hear);
      if (died === null) return { outcomes, findings, inputs: job.count };
      if (died.index < first) throw new Error(`the process that reads ${job.parser} ended before its first input: ${died.detail}`);
      findings.push(died);
      first = died.index + 1;
    }
    return { outcomes, findings, inputs: first - job.first };
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    closeSync(this.#file);
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** Null where all inputs were read; else what ended the process. */
  #part(job: Job, hear: (message: FromChild) => void): Promise<Finding | null> {
    const child = (this.#child ??= this.#start());
    return new Promise((resolve, reject) => {
      let hung = false;
      let before = { index: -1, since: performance.now() };
      const watch = setInterval(() => {
        const index = this.#index();
        if (index !== before.index) before = { index, since: performance.now() };
        else if (performance.now() - before.since > PATIENCE * 1000) {
          hung = true;
          child.kill('SIGKILL');
        }
      }, LOOK_MS);
      const settle = (): void => {
        clearInterval(watch);
        child.removeAllListeners();
      };
      child.on('message', (message: FromChild) => {
        hear(message);
        if (!('done' in message)) return;
        settle();
        resolve(null);
      });
      child.once('error', (error) => {
        settle();
        reject(error);
      });
      // `close` comes after the last words.
      child.once('close', (code, signal) => {
        settle();
        this.#child = null;
        const kind = hung ? 'hung' : 'died';
        resolve({ kind, index: this.#index(), detail: `${signal ?? `exit code ${code}`}\n${this.#tail}` });
      });
      child.send(job);
    });
  }

  #start(): ChildProcess {
    this.#tail = '';
    const child = fork(CHILD, [this.#scratch], {
      execArgv: [`--max-old-space-size=${HEAP}`],
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'ignore', 'pipe', this.#file, 'ipc'],
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#tail = (this.#tail + text).slice(-TAIL)));
    return child;
  }

  #index(): number {
    const text = readFileSync(this.#progress, 'latin1').trim();
    return text === '' ? -1 : Number(text);
  }
}
