/** A worker in a process of its own, for tests that kill it: `node mock-worker.js ROOT ADDRESS NAMESPACE BUNDLE`. Its task counts in a file. */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { projectOf } from '../../workers/project/project.js';
import { createWorker } from '../../workers/worker.js';
import { writing } from './tasks.js';

const [, , root = '', address = '', namespace = '', bundle = ''] = process.argv;
const connection = await NativeConnection.connect({ address });

const steps = join(root, 'steps');
const STEPS = 12;
const tasks = {
  first: writing(['a']),
  // Like training: a step at a time, each safe on disk, and a new attempt goes on after the last.
  steady: writing(['b'], async ({ attempt, progress, signal }) => {
    for (let done = await stepsDone(); done < STEPS; done = await stepsDone()) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      signal.throwIfAborted();
      await appendFile(steps, `${attempt}\n`);
      progress({ message: 'stepping', done: done + 1, total: STEPS, unit: 'step' });
    }
  }),
};

async function stepsDone(): Promise<number> {
  const text = await readFile(steps, 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}

const worker = await createWorker({ kind: 'cpu', root, project: await projectOf(root), connection, namespace, tasks, bundle });
await worker.run();
await connection.close();
