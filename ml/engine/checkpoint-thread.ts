/** The worker thread that writes checkpoints: hashing and fsync of 50 MB must not hold up the next step. */
import { parentPort, workerData } from 'node:worker_threads';
import { fromSystemError } from '../../configs/system-error.js';
import { recordOf, type FailureRecord } from '../../configs/failure.js';
import { CheckpointFiles, type NewCheckpoint } from './checkpoint-files.js';

export interface ThreadData {
  readonly folder: string;
  readonly key: string;
  readonly keep: number;
}

export type ThreadReply = { readonly written: string } | { readonly failure: FailureRecord };

if (parentPort !== null) serve(parentPort, workerData as ThreadData);

function serve(port: NonNullable<typeof parentPort>, { folder, key, keep }: ThreadData): void {
  const opened = CheckpointFiles.open(folder, key, keep);
  // Told to who writes the first checkpoint; unheard until then, it would end the whole process.
  opened.catch(() => undefined);
  let queue: Promise<void> = Promise.resolve();
  const reply = (message: ThreadReply): void => port.postMessage(message);
  port.on('message', (checkpoint: NewCheckpoint) => {
    queue = queue.then(async () => {
      try {
        await (await opened).files.write(checkpoint);
        reply({ written: checkpoint.file });
      } catch (error) {
        reply({ failure: recordOf(fromSystemError(error, folder)) });
      }
    });
  });
}
