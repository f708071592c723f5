/**
 * Runs a task in a process of its own. A long computation then keeps the worker from nothing, a crash of native code ends one task, and
 * what the task started ends with it.
 */
import { errorOf } from '../../configs/failure.js';
import { Problem } from '../../configs/problem.js';
import { CATALOG, type ActivityName } from '../../configs/schema/catalog.js';
import type { TaskInput } from '../../configs/schema/payload.js';
import type { TaskDefinition } from '../definition.js';
import { secretsOf } from '../secrets.js';
import type { TaskContext, TaskResult } from '../task.js';
import { letWait, takeProcess } from './idle.js';
import type { ProcessTask } from './messages.js';

/** A process that was told to stop and computes on is ended the hard way after this. */
const GRACE_MS = 5_000;

/** What is known of a task before it is given anything to do. */
interface Apart {
  readonly uses: string;
  readonly code: string | null;
  /** Artifacts and variables that the process is handed. */
  readonly reads: readonly string[];
  readonly env: readonly string[];
}

/** The activity of the catalogue by that name, carried out in a process. Everything that it reads must be there when it starts. */
export function inProcess(uses: ActivityName): TaskDefinition {
  return { run: apart({ uses, code: null, reads: CATALOG[uses].reads, env: [] }) };
}

/** An activity of the project's own for one execution, in a process that has read just this code. */
export function ownInProcess(uses: string, { code, artifacts, env }: Pick<TaskInput, 'code' | 'artifacts' | 'env'>): TaskDefinition {
  return { run: apart({ uses, code: code ?? '', reads: artifacts.map(({ name }) => name), env }) };
}

function apart({ uses, code, reads, env }: Apart): TaskDefinition['run'] {
  return (settings, context) => {
    const { root, run, task, folder, attempt } = context;
    const files = reads.map((name) => ({ name, path: context.artifact(name), digest: context.digest(name) }));
    const secrets = Object.fromEntries(env.map((name) => [name, context.secret(name)]));
    return converse({ kind: 'task', uses, code, root, run, task, folder, attempt, settings, files, secrets }, context);
  };
}

async function converse(task: ProcessTask, { progress, signal }: Pick<TaskContext<unknown>, 'progress' | 'signal'>): Promise<TaskResult> {
  signal.throwIfAborted();
  // What the product's own tasks have loaded is too large to be kept for another one.
  const key = task.code === null ? null : JSON.stringify([task.root, task.uses, task.code]);
  const taskProcess = takeProcess(key);
  const { hide } = secretsOf(task.task, Object.keys(task.secrets), '', { ...process.env, ...task.secrets });
  let hard: NodeJS.Timeout | undefined;
  let sound = false;
  const abort = (): void => {
    taskProcess.say({ kind: 'abort' });
    hard = setTimeout(() => taskProcess.end(), GRACE_MS);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    const result = await new Promise<TaskResult>((resolve, reject) => {
      taskProcess.listen({
        name: `${task.run}/${task.task}`,
        hide,
        heard: (message) => {
          if (message.kind === 'progress') progress(message.progress);
          else if (message.kind === 'failure') reject(errorOf(message.failure));
          else {
            const { warnings, ...rest } = message.result;
            resolve({ ...rest, ...(warnings === undefined ? {} : { warnings }) });
          }
        },
        failed: reject,
        ended: (how, lines) => reject(death(task.task, how, lines)),
      });
      taskProcess.say(task);
    });
    sound = !signal.aborted;
    return result;
  } finally {
    clearTimeout(hard);
    signal.removeEventListener('abort', abort);
    if (sound && key !== null) letWait(key, taskProcess);
    else taskProcess.end();
  }
}

function death(task: string, how: string, lines: readonly string[]): Problem {
  const last = lines.length === 0 ? 'it wrote nothing' : `it last wrote: ${lines.join(' | ')}`;
  return new Problem({
    code: 'CHILD_DIED',
    message: `the process of ${task} ended without a result, ${how}; ${last}`,
    where: task,
    cure: 'nothing: it is tried again; if it was SIGKILL, the system may be out of memory',
  });
}
