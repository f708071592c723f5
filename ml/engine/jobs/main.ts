/**
 * The child process: takes one job from its parent, does it, answers and ends. SIGTERM asks it to save and end; when its
 * parent is gone it ends at once, since the next attempt continues from the last checkpoint.
 */
import { fileURLToPath } from 'node:url';
import { Problem } from '../../../configs/problem.js';
import { fromSystemError } from '../../../configs/system-error.js';
import { outliveLog } from '../../files/lasting-output.js';
import { isOutOfMemory, outOfMemory } from '../out-of-memory.js';
import type { JobContext } from './context.js';
import { evaluate } from './evaluate.js';
import { ToChild, type FromChild, type Job, type Result } from './protocol.js';
import { asSoleTrainer } from './sole-trainer.js';
import { train } from './train.js';

const ORPHANED = 3;

outliveLog();
let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});
// Ctrl-C reaches the whole group: the parent decides what it means.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(ORPHANED));
process.once('message', (message) => {
  void answer(ToChild.parse(message).job);
});

async function answer(job: Job): Promise<void> {
  const context: JobContext = { progress: (progress) => void send({ kind: 'progress', progress }), stopping: () => stopping };
  await send(await outcome(job, context));
  process.removeAllListeners('disconnect');
  process.exit(0);
}

async function outcome(job: Job, context: JobContext): Promise<FromChild> {
  try {
    return { kind: 'result', result: await perform(job, context) };
  } catch (thrown) {
    const error = fromSystemError(isOutOfMemory(thrown) ? outOfMemory(thrown, job.kind) : thrown, job.kind);
    if (error instanceof Problem) return { kind: 'problem', problem: error.toJSON() };
    return { kind: 'defect', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function perform(job: Job, context: JobContext): Promise<Result> {
  if (job.kind === 'evaluate') return evaluate(job, context);
  return asSoleTrainer(job.checkpoints, fileURLToPath(import.meta.url), () => train(job, context));
}

function send(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}
