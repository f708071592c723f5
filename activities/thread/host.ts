/** Runs a task in a thread of its own, so that a long computation does not keep the worker from its heartbeats and workflows. */
import { errorOf } from '../../configs/failure.js';
import { Problem } from '../../configs/problem.js';
import { CATALOG, type ActivityName } from '../../configs/schema/catalog.js';
import type { TaskInput } from '../../configs/schema/payload.js';
import type { TaskDefinition } from '../definition.js';
import type { TaskContext, TaskResult } from '../task.js';
import { letWait, takeThread } from './idle.js';
import { ABORT, END, type FromThread, type ThreadTask } from './messages.js';

/** A thread that was told to stop and computes on is ended the hard way after this. */
const GRACE_MS = 5_000;

/** What is known of a task before it is given anything to do. */
interface Threaded {
  readonly uses: string;
  readonly code: string | null;
  /** Artifacts and variables that the thread is handed. */
  readonly reads: readonly string[];
  readonly env: readonly string[];
}

/** The activity of the catalogue by that name, carried out in a thread. Everything that it reads must be there when it starts. */
export function inThread(uses: ActivityName): TaskDefinition {
  const { reads } = CATALOG[uses];
  return { run: threaded({ uses, code: null, reads, env: [] }) };
}

/**
 * An activity of the project's own for one execution: in a thread that has read just this code, and so that what it computes keeps
 * the worker from nothing. The thread itself sees to it that what is provided is there.
 */
export function ownInThread(uses: string, { code, artifacts, env }: Pick<TaskInput, 'code' | 'artifacts' | 'env'>): TaskDefinition {
  return { run: threaded({ uses, code: code ?? '', reads: artifacts.map(({ name }) => name), env }) };
}

function threaded({ uses, code, reads, env }: Threaded): TaskDefinition['run'] {
  return (settings, context) => {
    const { root, run, task, folder, attempt } = context;
    const files = reads.map((name) => ({ name, path: context.artifact(name), digest: context.digest(name) }));
    const secrets = Object.fromEntries(env.map((name) => [name, context.secret(name)]));
    return converse({ uses, code, root, run, task, folder, attempt, settings, files, secrets }, context);
  };
}

async function converse(task: ThreadTask, { progress, signal }: Pick<TaskContext<unknown>, 'progress' | 'signal'>): Promise<TaskResult> {
  signal.throwIfAborted();
  // What the product's own tasks have loaded is too large to be kept for another one.
  const key = task.code === null ? null : JSON.stringify([task.root, task.uses, task.code]);
  const thread = takeThread(key);
  let hard: NodeJS.Timeout | undefined;
  let sound = false;
  const abort = (): void => {
    thread.postMessage(ABORT);
    hard = setTimeout(() => void thread.terminate(), GRACE_MS);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    const result = await new Promise<TaskResult>((resolve, reject) => {
      thread.on('message', (message: FromThread) => {
        if (message.kind === 'progress') progress(message.progress);
        else if (message.kind === 'result') resolve(message.result);
        else reject(errorOf(message.failure));
      });
      thread.on('error', reject).on('messageerror', reject);
      thread.on('exit', (code) => {
        reject(
          new Problem({ code: 'CHILD_DIED', message: `the thread of ${task.task} ended without a result (${code})`, where: task.task }),
        );
      });
      thread.postMessage(task);
    });
    sound = !signal.aborted;
    return result;
  } finally {
    clearTimeout(hard);
    signal.removeEventListener('abort', abort);
    thread.removeAllListeners('message').removeAllListeners('exit');
    if (sound && key !== null) {
      thread.removeAllListeners('error');
      letWait(key, thread);
    } else if (key !== null) void thread.terminate();
    else thread.postMessage(END); // what it may still throw has a listener, and nobody who waits for it
  }
}
