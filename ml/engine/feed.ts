/**
 * Batches that are there when they are asked for: a thread prepares them while the step before runs. What a batch holds depends
 * on its order alone, never on when or where it was filled, so a run repeats bit for bit with or without the thread.
 *
 * A step blocks its thread, events and all, so the feed keeps that thread out of the exchange: everything to be filled while a step
 * runs was handed over before it. Buffers are few, go to and fro without being copied, and are never written to while they are
 * in use here: a batch's memory goes back when the next batch is asked for.
 */
import { Worker } from 'node:worker_threads';
import { errorOf } from '../../configs/failure.js';
import { emptyBatch, type StepOfEpoch } from './data.js';
import { buffersOf, type Job, type StepJob, type ThreadData, type ThreadReply, type ViewJob } from './feed-thread.js';

/** Batches beside the one in use. One is enough on average; the second makes up for a slow disk or a busy core. */
const AHEAD = 2;

/** Prepared batches in the order they were asked for. */
export interface Batches<Prepared extends Job> {
  /**
   * The next one, valid until the one behind it is asked for.
   * @throws what went wrong with it, and then for all behind it: Problem ARTIFACT_MISSING, ARTIFACT_ALTERED.
   */
  next(): Promise<Prepared>;
}

interface Waiting {
  resolve(job: Job): void;
  reject(error: Error): void;
}

export class Feed {
  readonly #thread: Worker;
  readonly #waiting: Waiting[] = [];
  /** What went wrong first; nothing is fed after it. */
  #failure: Error | null = null;

  constructor(
    data: ThreadData,
    private readonly crop: number,
  ) {
    this.#thread = new Worker(new URL('./feed-thread.js', import.meta.url), { workerData: data });
    this.#thread.on('message', (reply: ThreadReply) => {
      if ('filled' in reply) this.#waiting.shift()?.resolve(reply.filled);
      else this.#fail(errorOf(reply.failure));
    });
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('messageerror', (error) => this.#fail(error));
  }

  /** The batches of training steps, in micro-batches of `sizes` pairs. */
  steps(steps: Iterable<StepOfEpoch>, sizes: readonly number[]): Batches<StepJob> {
    return this.#batches<StepJob>(steps, (order) => ({ kind: 'step', order, batch: sizes.map((pairs) => emptyBatch(pairs, this.crop)) }));
  }

  /** Photos without augmentation, `parts` by parts, in batches of `rows` photos. */
  views(parts: Iterable<readonly number[]>, rows: number): Batches<ViewJob> {
    return this.#batches<ViewJob>(parts, (order) => ({ kind: 'view', order, batch: new Float32Array(rows * this.crop ** 2 * 3) }));
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #batches<Prepared extends Job>(
    orders: Iterable<Prepared['order']>,
    inNewMemory: (order: Prepared['order']) => Prepared,
  ): Batches<Prepared> {
    const rest = orders[Symbol.iterator]();
    const sent: Promise<Prepared>[] = [];
    const send = (jobOf: (order: Prepared['order']) => Prepared): void => {
      const order = rest.next();
      if (order.done !== true) sent.push(this.#send(jobOf(order.value)));
    };
    for (let buffer = 0; buffer <= AHEAD; buffer++) send(inNewMemory);
    let used: Prepared | null = null;
    return {
      next: async () => {
        const last = used;
        if (last !== null) send((order) => ({ ...last, order }));
        const next = sent.shift();
        if (next === undefined) throw this.#failure ?? new Error('no batch is left');
        used = null;
        return (used = await next);
      },
    };
  }

  #send<Prepared extends Job>(job: Prepared): Promise<Prepared> {
    const filled = new Promise<Job>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
    // Awaited when its turn comes; a failure before that must not end the process.
    filled.catch(() => undefined);
    this.#thread.postMessage(job, buffersOf(job));
    if (this.#failure !== null) this.#fail(this.#failure);
    return filled as Promise<Prepared>;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
