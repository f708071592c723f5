/** The thread's side: runs one task, tells how it goes and how it ended, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { Problem } from '../../configs/problem.js';
import { locate } from '../files.js';
import { FUNCTIONS } from '../functions.js';
import type { FromThread, ThreadTask } from './messages.js';

const port = parentPort;
if (port === null) throw new Error('this is the entry of a thread');
const say = (message: FromThread): void => port.postMessage(message);
const stop = new AbortController();
port.once('message', () => stop.abort(new Error('told to stop')));

const { uses, root, run, task, attempt, settings, files } = workerData as ThreadTask;
try {
  const result = await FUNCTIONS[uses].run(settings, {
    root,
    run,
    task,
    attempt,
    ...locate(root, task, files),
    progress: (progress) => say({ kind: 'progress', progress }),
    signal: stop.signal,
  });
  say({ kind: 'result', result });
} catch (error) {
  if (error instanceof Problem) say({ kind: 'problem', problem: error.toJSON(), cause: error.cause });
  else say({ kind: 'defect', error });
} finally {
  port.close();
}
