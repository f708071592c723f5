/** Hands checkpoints to the thread that writes them, one at a time, and tells when and whether they are safe. */
import { Worker } from 'node:worker_threads';
import { errorOf } from '../../configs/failure.js';
import type { NewCheckpoint } from './checkpoint-files.js';
import type { ThreadData, ThreadReply } from './checkpoint-thread.js';

export class CheckpointWriter {
  readonly #thread: Worker;
  #pending: Promise<void> = Promise.resolve();

  constructor(data: ThreadData) {
    this.#thread = new Worker(new URL('./checkpoint-thread.js', import.meta.url), { workerData: data });
  }

  /**
   * Hands over once the checkpoint before is written, so that at most two are in memory. The tensors' memory goes with it.
   * @throws what went wrong with the checkpoint before: Problem DISK_FULL.
   */
  async write(checkpoint: NewCheckpoint): Promise<void> {
    await this.#pending;
    const buffers = [...checkpoint.tensors.values()].map(({ data }) => data.buffer as ArrayBuffer);
    this.#pending = this.#reply();
    // Awaited by the next write or by `settled`; a failure in between must not end the process.
    this.#pending.catch(() => undefined);
    this.#thread.postMessage(checkpoint, buffers);
  }

  /** All that was handed over is on disk. @throws as {@link write}. */
  async settled(): Promise<void> {
    await this.#pending;
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #reply(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (action: () => void): void => {
        this.#thread.off('message', onMessage).off('error', onError).off('messageerror', onError);
        action();
      };
      const onMessage = (reply: ThreadReply): void =>
        settle(() => {
          if ('written' in reply) resolve();
          else reject(errorOf(reply.failure));
        });
      const onError = (error: Error): void => settle(() => reject(error));
      this.#thread.on('message', onMessage).on('error', onError).on('messageerror', onError);
    });
  }
}
