/** A process above the trainer, as the worker is, to be killed: `run-in-worker.ts` starts it and talks to it. */
import { runInChild, type ChildOptions } from '../../../activities/child/child.js';
import type { Progress } from '../../../configs/schema/payload.js';
import type { Job, Result } from '../../../ml/engine/jobs/protocol.js';

export interface ToWorker extends Pick<ChildOptions, 'environment' | 'stallSeconds'> {
  readonly job: Job;
}
export type FromWorker = { readonly progress: Progress } | { readonly result: Result } | { readonly problem: string };

const say = (message: FromWorker): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });

process.once('message', ({ job, environment, stallSeconds }: ToWorker) => {
  const signal = new AbortController().signal;
  void runInChild(job, { environment, stallSeconds, signal, progress: (progress) => void say({ progress }) })
    .then(
      (result) => say({ result }),
      (error: unknown) => say({ problem: String(error) }),
    )
    .then(() => {
      if (process.connected) process.disconnect();
    });
});
