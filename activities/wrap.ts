/** Makes a Temporal activity of a task: verifies what it reads, heartbeats, hashes what it wrote, words its failures for the workflow. */
import { Context } from '@temporalio/activity';
import type { z } from 'zod';
import { Problem } from '../configs/problem.js';
import { TaskInput, type Progress, type TaskOutput } from '../configs/schema/payload.js';
import type { Digests } from '../ml/files/digests.js';
import { whileAlive } from './alive.js';
import type { TaskDefinition } from './definition.js';
import { appendEvent, type TaskEvent } from './events.js';
import { activityFailure } from './failure.js';
import { folderOf, locate, readFiles, recordOutput } from './files.js';
import type { OneAtATime } from './one-at-a-time.js';
import { secretsOf, type Secrets } from './secrets.js';
import { artifactDigests, checkArtifacts } from './verify.js';

/** What the workflow gets from an activity that succeeded. */
export interface TaskReport {
  readonly output: TaskOutput;
  /** The attempt that succeeded, from 1. */
  readonly attempt: number;
}

/** Members of the input that were added later may be left out: a workflow that began before sends none. */
export type Activity = (input: z.input<typeof TaskInput>) => Promise<TaskReport>;

/** Least time between two progress lines of one task in the run's log. */
const LOGGED_EVERY_MS = 5_000;

/** What carries out a task, by the name that `uses` says and what the workflow hands over. */
export type Finder = (uses: string, input: TaskInput) => TaskDefinition;

/** An activity for the project in `root`. Attempts of one task that overlap in this process are serialised by `attempts`. */
export function wrap(root: string, find: Finder, attempts: OneAtATime): Activity {
  return async (given) => {
    const input = TaskInput.parse(given);
    const context = Context.current();
    const { attempt, taskQueue, activityType } = context.info;
    const secrets = secretsOf(input.task, input.env, taskQueue.slice(taskQueue.lastIndexOf('-') + 1));
    const log = (event: TaskEvent['event'], message: string, more: Pick<TaskEvent, 'progress' | 'summary'> = {}): Promise<void> =>
      appendEvent(root, input.run, secrets.hidden({ at: new Date().toISOString(), task: input.task, attempt, event, message, ...more }));
    try {
      const output = await attempts.run(`${input.run}/${input.task}`, context.cancellationSignal, async (signal) => {
        await log('started', attempt === 1 ? 'started' : `attempt ${attempt}`);
        secrets.insist();
        return perform(root, find(activityType, input), input, secrets, context, signal, log);
      });
      for (const warning of output.warnings) await log('warning', warning);
      await log('done', 'done', { summary: output.summary });
      return { output, attempt };
    } catch (error) {
      const failure = activityFailure(error, context, input.task, secrets.hide);
      // A full disk must not hide what went wrong before it.
      await log(failure.interrupted ? 'interrupted' : 'failed', failure.message).catch((unlogged: unknown) => {
        context.log.warn('the log of the run could not be written', { unlogged });
      });
      throw failure.error;
    }
  };
}

type Log = (event: TaskEvent['event'], message: string, more?: Pick<TaskEvent, 'progress'>) => Promise<void>;

async function perform(
  root: string,
  definition: TaskDefinition,
  input: TaskInput,
  secrets: Secrets,
  context: Context,
  signal: AbortSignal,
  log: Log,
): Promise<TaskOutput> {
  let last: Progress | undefined;
  let loggedAt = -Infinity;
  let logging: Promise<void> = Promise.resolve();
  const progress = (told: Progress): void => {
    const now = secrets.hidden(told);
    last = now;
    context.heartbeat(now);
    if (performance.now() - loggedAt < LOGGED_EVERY_MS) return;
    loggedAt = performance.now();
    logging = logging.then(() => log('progress', now.message, { progress: now }));
    logging.catch(() => undefined); // told below, where it is awaited
  };
  const alive = <Result>(work: () => Promise<Result>): Promise<Result> => whileAlive(context, () => last, work);

  const digests = artifactDigests(root, (message) => {
    context.log.warn(message);
  });
  await alive(() => insistOnInputs(root, input, digests));
  signal.throwIfAborted();
  const folder = folderOf(input);
  const work = (): ReturnType<TaskDefinition['run']> =>
    definition.run(input.settings, {
      root,
      run: input.run,
      task: input.task,
      folder,
      attempt: context.info.attempt,
      secret: secrets.secret,
      ...locate(root, { task: input.task, folder }, readFiles(root, input.artifacts)),
      progress,
      signal,
    });
  const result = await (input.heartbeat === 'alive' ? alive(work) : work());
  signal.throwIfAborted();
  await logging;
  const { artifacts, ...told } = await alive(() => recordOutput(root, result, digests));
  return { artifacts, ...secrets.hidden(told) };
}

async function insistOnInputs(root: string, input: TaskInput, digests: Digests): Promise<void> {
  const { missing, altered } = await checkArtifacts(root, input.artifacts, digests);
  const [gone] = missing;
  const [changed] = altered;
  const where = gone ?? changed;
  if (where === undefined) return;
  throw new Problem({
    code: gone === undefined ? 'ARTIFACT_ALTERED' : 'ARTIFACT_MISSING',
    message: gone === undefined ? `${input.task} reads a file that is no longer what was made` : `${input.task} reads a file that is gone`,
    where,
    cure: `make it again: emo-aen retry ${input.run} with the task that made it`,
  });
}
