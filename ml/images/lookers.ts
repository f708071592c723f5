/** Threads that look at photos, started as photos come: one thread alone would keep no more than a core busy with small photos. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { errorOf } from '../../configs/failure.js';
import type { Budget } from './budget.js';
import type { FileMemory } from './file-memory.js';
import type { Looked } from './look.js';
import type { FromThread, ThreadData, ToThread } from './look-thread.js';

/** More would take memory, some 40 MB each, and find the thread that reads the files too slow to feed them. */
const MOST = 8;

export class Lookers {
  readonly #threads: Looker[] = [];

  /** @param decoding of all threads together, in bytes @param files gets back the memory of each photo that was looked at */
  constructor(
    private readonly data: ThreadData,
    private readonly decoding: Pick<Budget, 'run'>,
    private readonly files: Pick<FileMemory, 'giveBack'>,
    private readonly most = Math.min(MOST, availableParallelism()),
  ) {}

  /** Takes all the memory with it that the bytes lie in. @throws what no photo may cause: a defect of the code, a thread that ended. */
  look(bytes: Buffer): Promise<Looked> {
    let [least] = this.#threads.toSorted((a, b) => a.photos - b.photos);
    if (least === undefined || (least.photos > 0 && this.#threads.length < this.most)) {
      least = new Looker(this.data, this.decoding, this.files);
      this.#threads.push(least);
    }
    return least.look(bytes);
  }

  /** Photos that are still looked at are never told of. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface UnderWay {
  readonly resolve: (looked: Looked) => void;
  readonly reject: (error: Error) => void;
  /** Gives back the decoder's share of the budget, once it has one. */
  leave: () => void;
}

class Looker {
  readonly #thread: Worker;
  readonly #underWay = new Map<number, UnderWay>();
  #next = 0;
  #failure: Error | null = null;

  constructor(
    data: ThreadData,
    private readonly decoding: Pick<Budget, 'run'>,
    private readonly files: Pick<FileMemory, 'giveBack'>,
  ) {
    // What Node itself was told is not for a thread: with --input-type, say, it would not begin.
    this.#thread = new Worker(new URL('./look-thread.js', import.meta.url), { workerData: data, execArgv: [] });
    this.#thread.on('message', (message: FromThread) => this.#hear(message));
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('messageerror', (error) => this.#fail(error));
    this.#thread.on('exit', (code) => this.#fail(new Error(`a thread that looks at photos ended (${code})`)));
  }

  /** Photos that are under way. */
  get photos(): number {
    return this.#underWay.size;
  }

  look(bytes: Buffer): Promise<Looked> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#underWay.set(id, { resolve, reject, leave: () => undefined });
      this.#say({ id, bytes }, [bytes.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    this.#underWay.clear();
    await this.#thread.terminate();
  }

  #say(message: ToThread, buffers: ArrayBuffer[] = []): void {
    this.#thread.postMessage(message, buffers);
  }

  #hear(message: FromThread): void {
    const { id } = message;
    const photo = this.#underWay.get(id);
    if (photo === undefined) return; // closed meanwhile
    if ('needs' in message) void this.#letIn(id, photo, message.needs);
    else {
      this.#underWay.delete(id);
      this.files.giveBack(message.memory);
      photo.leave();
      if ('looked' in message) photo.resolve({ ...message.looked, square: bufferOf(message.looked.square) });
      else photo.reject(errorOf(message.failure));
    }
  }

  #letIn(id: number, photo: UnderWay, needs: number): Promise<void> {
    return this.decoding.run(
      needs,
      () =>
        new Promise((leave) => {
          photo.leave = leave;
          this.#say({ id, enter: true });
        }),
    );
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject, leave } of this.#underWay.values()) {
      leave();
      reject(this.#failure);
    }
    this.#underWay.clear();
  }
}

/** What was a Buffer in another thread arrives as bytes. */
function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
