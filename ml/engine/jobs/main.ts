/**
 * The child process: takes one job from its parent, does it, answers and ends. SIGTERM asks it to save and end; when its
 * parent is gone it ends at once, since the next attempt continues from the last checkpoint.
 */
import { fromSystemError } from '../../../configs/system-error.js';
import { outliveLog } from '../../files/lasting-output.js';
import { recordOf } from '../../../configs/failure.js';
import { channelToParent, listen, say } from '../../processes/channel.js';
import { Progress } from '../../../configs/schema/payload.js';
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
const parent = channelToParent();
const orphaned = (): never => process.exit(ORPHANED);
parent.on('error', orphaned).on('close', orphaned);
listen(parent, ToChild, ({ job }) => void answer(job), fail);

async function answer(job: Job): Promise<void> {
  const tell = (progress: Progress): void => void send({ kind: 'progress', progress: Progress.parse(progress) });
  await send(await outcome(job, { progress: tell, stopping: () => stopping }));
  process.exit(0);
}

function fail(error: unknown): void {
  void send({ kind: 'failure', failure: recordOf(error) }).then(() => process.exit(1));
}

async function outcome(job: Job, context: JobContext): Promise<FromChild> {
  try {
    return { kind: 'result', result: await perform(job, context) };
  } catch (thrown) {
    const error = fromSystemError(isOutOfMemory(thrown) ? outOfMemory(thrown, job.kind) : thrown, job.kind);
    return { kind: 'failure', failure: recordOf(error) };
  }
}

function perform(job: Job, context: JobContext): Promise<Result> {
  if (job.kind === 'evaluate') return evaluate(job, context);
  return asSoleTrainer(job.checkpoints, () => train(job, context));
}

function send(message: FromChild): Promise<void> {
  return say(parent, message);
}
