/** A process for tasks, as its worker sees it. What it and all that it started write goes to the worker's log. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { cut } from '../../configs/cut.js';
import type { Hide } from '../../configs/failure.js';
import { visible } from '../../configs/visible.js';
import { CHANNEL, eachLine, listen, say } from '../../ml/processes/channel.js';
import { endDescendants, MARK } from '../../ml/processes/descendants.js';
import { FromProcess, LIFELINE, type ToProcess } from './messages.js';

const ENTRY = fileURLToPath(new URL('main.js', import.meta.url));
const LINES_KEPT = 8;

/** Who is told what the process says and how it ends, while it does a task. */
export interface Listener {
  /** What its lines of output begin with. */
  readonly name: string;
  readonly hide: Hide;
  heard(message: FromProcess): void;
  failed(error: unknown): void;
  /** `how`: `with exit code 1`, `by SIGSEGV`. `lines`: the last that it wrote. */
  ended(how: string, lines: readonly string[]): void;
}

export class TaskProcess {
  readonly #child: ChildProcess;
  readonly #mark = randomUUID();
  #lines: string[] = [];
  #listener: Listener | null = null;

  /** @param gone called once it has ended while it did no task */
  constructor(private readonly gone: (process: TaskProcess) => void) {
    this.#child = spawn(process.execPath, ['--enable-source-maps', ENTRY], {
      env: { ...process.env, [MARK]: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      // Leads a group and a session of its own, by which what it started is found.
      detached: true,
    });
    for (const socket of this.#sockets) socket.on('error', () => undefined); // it has ended; how is told below
    for (const stream of [this.#child.stdout, this.#child.stderr]) if (stream !== null) eachLine(stream, (line) => this.#write(line));
    listen(
      this.#channel,
      FromProcess,
      (message) => this.#listener?.heard(message),
      (error) => this.#listener?.failed(error),
      (text) => this.#listener?.hide(text) ?? text,
    );
    this.#child.once('error', (error) => this.#end(`before it began: ${error.message}`));
    // What it left behind would hold its output open, and `close` would never come.
    this.#child.once('exit', () => this.end());
    this.#child.once('close', (code, signal) => this.#end(signal === null ? `with exit code ${code}` : `by ${signal}`));
  }

  /** From now on `listener` is told; null: nobody, and it keeps this process from ending no longer. */
  listen(listener: Listener | null): void {
    this.#listener = listener;
    this.#lines = [];
    for (const handle of [this.#child, ...this.#sockets]) {
      if (listener === null) handle.unref();
      else handle.ref();
    }
  }

  say(message: ToProcess): void {
    void say(this.#channel, message);
  }

  /** Ends it and all that came of it, at once. */
  end(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined) return;
    this.#child.kill('SIGKILL');
    endDescendants(pid, this.#mark, exitCode !== null || signalCode !== null);
  }

  get #channel(): Socket {
    return this.#child.stdio[CHANNEL] as Socket;
  }

  get #sockets(): Socket[] {
    return [this.#child.stdout, this.#child.stderr, this.#channel, this.#child.stdio[LIFELINE]] as Socket[];
  }

  #write(line: string): void {
    const text = visible(cut(this.#listener?.hide(line) ?? line));
    this.#lines = [...this.#lines, text].slice(-LINES_KEPT);
    process.stderr.write(`${this.#listener?.name ?? 'a task that has ended'}: ${text}\n`);
  }

  #end(how: string): void {
    const listener = this.#listener;
    this.#listener = null;
    if (listener === null) this.gone(this);
    else listener.ended(how, this.#lines);
  }
}
