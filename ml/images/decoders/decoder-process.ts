/** One process that decodes photos, from the side of who needs them. */
import { fork, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { errorOf } from '../../../configs/failure.js';
import type { Budget } from './budget.js';
import { DecoderGone } from './crash.js';
import type { Answer, Ask, Given, JobName } from './jobs.js';
import { PIXELS, type FromDecoder, type ReadFile, type ToDecoder } from './messages.js';
import { Pixels } from './pixels.js';

/** A photo in the memory of the process that read it, for one job. */
export interface Photo extends ReadFile {
  /** @throws Problem PHOTO for a photo that cannot be decoded; DecoderGone */
  ask<Name extends JobName>(job: Name, ask: Ask<Name>): Promise<Given<Answer<Name>>>;
}

/** Reads the file, of which there is one: Infinity for `most` sets no limit. @throws Problem PHOTO for a larger file; the system's error; DecoderGone */
export type Read = (path: string, most: number) => Promise<Photo>;

export interface ProcessOptions {
  /** Of all processes together, in bytes. */
  readonly memory: Pick<Budget, 'run'>;
  /** How long a photo of so many pixels may take before it counts as one that hangs, in milliseconds. */
  readonly patience: (pixels: number) => number;
}

const ENTRY = fileURLToPath(new URL('./main.js', import.meta.url));
/** Most decoders give a photo row by row, but a progressive JPEG, or an interlaced PNG, is held as a whole: each photo is counted as if it were. */
const BYTES_PER_PIXEL = 6;

type Told = Extract<FromDecoder, { id: number }>;
type Said = Extract<Told, { read: ReadFile }> | (Extract<Told, { answer: unknown }> & { readonly pixels: Buffer | null });

interface Waiting {
  readonly resolve: (said: Said) => void;
  readonly reject: (error: Error) => void;
  /** Runs while the photo is decoded. */
  clock?: NodeJS.Timeout | undefined;
  /** Gives back its share of the memory, once it has one. */
  leave?: () => void;
}

export class DecoderProcess {
  readonly #child: ChildProcess;
  readonly #pixels: Pixels;
  readonly #waiting = new Map<number, Waiting>();
  #held = 0;
  #next = 0;
  #ready = false;
  #hung: { readonly id: number; readonly ms: number } | null = null;
  #end: ((id: number) => Error) | null = null;

  constructor(private readonly options: ProcessOptions) {
    // What Node itself was told is not for this process: with --input-type, say, it would not begin.
    this.#child = fork(ENTRY, [], { execArgv: [], serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'] });
    this.#pixels = new Pixels(this.#child.stdio[PIXELS] as Readable);
    this.#child.on('message', (message: FromDecoder) => this.#hear(message));
    this.#child.once('error', (error) => this.#fail(() => new DecoderGone(error.message, this.#ready)));
    this.#child.once('exit', (code, signal) => this.#fail((id) => this.#gone(id, signal ?? `exit code ${code}`)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Has shown that it can decode. */
  get ready(): boolean {
    return this.#ready;
  }

  get gone(): boolean {
    return this.#end !== null;
  }

  /** Photos that it has. */
  get photos(): number {
    return this.#held;
  }

  /** Lends the process for one photo, which it forgets afterwards. @throws DecoderGone, and what `use` throws */
  async lend<Result>(use: (read: Read) => Promise<Result>): Promise<Result> {
    const id = this.#next++;
    let forgotten = false;
    this.#held++;
    try {
      return await use(async (path, most) => {
        const said = await this.#ask(id, { id, read: path, most });
        if (!('read' in said)) throw new Error('the decoder answered something else than it was asked');
        const ask: Photo['ask'] = (job, about) => {
          forgotten = true;
          return this.#do(id, job, about);
        };
        return { ...said.read, ask };
      });
    } finally {
      this.#held--;
      if (!forgotten) this.#say({ id, forget: true });
    }
  }

  /** Ends it, whatever it does. */
  async close(): Promise<void> {
    if (this.gone) return;
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()).once('error', () => resolve()));
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #do<Name extends JobName>(id: number, job: Name, ask: Ask<Name>): Promise<Given<Answer<Name>>> {
    const said = await this.#ask(id, { id, job, ask });
    if (!('answer' in said)) throw new Error('the decoder answered something else than it was asked');
    return { answer: said.answer as Answer<Name>, pixels: said.pixels };
  }

  #ask(id: number, message: ToDecoder): Promise<Said> {
    if (this.#end !== null) return Promise.reject(this.#end(id));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { resolve, reject };
      this.#waiting.set(id, waiting);
      // A file may lie on a network that hangs: reading it has no limit.
      if ('job' in message) this.#startClock(id, waiting, 0);
      this.#say(message);
    });
  }

  #say(message: ToDecoder): void {
    // A channel that is closed is told of by the exit.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #hear(message: FromDecoder): void {
    if ('ready' in message) this.#ready = true;
    else if ('unfit' in message) {
      this.#fail(() => errorOf(message.unfit));
      this.#child.kill('SIGKILL');
    } else {
      const waiting = this.#waiting.get(message.id);
      if (waiting !== undefined) this.#hearOf(message, waiting);
    }
  }

  #hearOf(message: Told, waiting: Waiting): void {
    const { id } = message;
    clearTimeout(waiting.clock);
    if ('pixels' in message) void this.#letIn(id, waiting, message.pixels);
    else if ('failure' in message) this.#settle(id, waiting, () => waiting.reject(errorIn(message.failure)));
    else if ('read' in message) this.#settle(id, waiting, () => waiting.resolve(message));
    else if (message.pixelBytes === 0) this.#settle(id, waiting, () => waiting.resolve({ ...message, pixels: null }));
    else this.#pixels.take(message.pixelBytes, (pixels) => this.#settle(id, waiting, () => waiting.resolve({ ...message, pixels })));
  }

  #letIn(id: number, waiting: Waiting, pixels: number): Promise<void> {
    return this.options.memory.run(pixels * BYTES_PER_PIXEL, async () => {
      if (this.#waiting.get(id) !== waiting) return;
      await new Promise<void>((leave) => {
        waiting.leave = leave;
        this.#startClock(id, waiting, pixels);
        this.#say({ id, enter: true });
      });
    });
  }

  #startClock(id: number, waiting: Waiting, pixels: number): void {
    const ms = this.options.patience(pixels);
    waiting.clock = setTimeout(() => {
      this.#hung = { id, ms };
      this.#child.kill('SIGKILL');
    }, ms);
  }

  #settle(id: number, waiting: Waiting, tell: () => void): void {
    this.#waiting.delete(id);
    clearTimeout(waiting.clock);
    waiting.leave?.();
    tell();
  }

  #gone(id: number, how: string): DecoderGone {
    return new DecoderGone(how, this.#ready, this.#hung?.id === id ? this.#hung.ms : null);
  }

  #fail(end: (id: number) => Error): void {
    this.#end ??= end;
    for (const [id, waiting] of this.#waiting) this.#settle(id, waiting, () => waiting.reject(end(id)));
  }
}

function errorIn(failure: Extract<Told, { failure: unknown }>['failure']): Error {
  if (!('system' in failure)) return errorOf(failure);
  const { message, ...facts } = failure.system;
  return Object.assign(new Error(message), facts);
}
