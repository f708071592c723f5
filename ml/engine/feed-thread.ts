/** The worker thread that prepares batches: reading, turning and normalising photos must not hold up the next step. */
import { parentPort, workerData } from 'node:worker_threads';
import { recordOf, type FailureRecord } from '../../configs/failure.js';
import { openCache } from '../images/cache.js';
import { TrainingData, type StepOfEpoch } from './data.js';
import type { MicroBatch } from './learner.js';

export interface ThreadData {
  /** Absolute paths of the photo cache. */
  readonly cacheIndex: string;
  readonly cache: string;
  readonly seed: number;
}

/** The micro-batches of one training step. */
export interface StepJob {
  readonly kind: 'step';
  readonly order: StepOfEpoch;
  readonly batch: readonly MicroBatch[];
}

/** Photos without augmentation, one a row; rows beyond them keep what they held. */
export interface ViewJob {
  readonly kind: 'view';
  readonly order: readonly number[];
  readonly batch: Float32Array;
}

/** What is to be written where. The memory of `batch` goes to the thread and comes back filled. */
export type Job = StepJob | ViewJob;

export type ThreadReply = { readonly filled: Job } | { readonly failure: FailureRecord };

export function buffersOf({ kind, batch }: Job): ArrayBuffer[] {
  const arrays = kind === 'view' ? [batch] : batch.flatMap(({ photos, target, mask }) => [photos, target, mask]);
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

if (parentPort !== null) serve(parentPort, workerData as ThreadData);

/** Answers each job, in the order that they come. */
function serve(port: NonNullable<typeof parentPort>, { cacheIndex, cache, seed }: ThreadData): void {
  const opened = openCache(cacheIndex, cache).then((photos) => new TrainingData(photos, seed));
  // Told with the first job; unheard until then, it would end the whole process.
  opened.catch(() => undefined);
  const reply = (message: ThreadReply, buffers: ArrayBuffer[] = []): void => port.postMessage(message, buffers);
  port.on('message', (job: Job) => {
    void opened
      .then((data) => {
        fill(data, job);
        reply({ filled: job }, buffersOf(job));
      })
      .catch((error: unknown) => reply({ failure: recordOf(error) }));
  });
}

function fill(data: TrainingData, { kind, order, batch }: Job): void {
  if (kind === 'step') data.fill(order, batch);
  else order.forEach((photo, row) => data.view(photo, batch, row));
}
