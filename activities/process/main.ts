/** The process' side: runs one task after the other, tells how each goes and how it ended. It ends when its worker ends it, or is gone. */
import { Worker } from 'node:worker_threads';
import { recordOf, type Hide } from '../../configs/failure.js';
import type { ActivityName } from '../../configs/schema/catalog.js';
import { channelToParent, listen, say } from '../../ml/processes/channel.js';
import { endDescendants, MARK } from '../../ml/processes/descendants.js';
import { locate } from '../files.js';
import { FUNCTIONS } from '../functions.js';
import { ownDefinition } from '../own/definition.js';
import { secretsOf } from '../secrets.js';
import { ToProcess, type FromProcess, type ProcessTask } from './messages.js';

// A task may compute without end: only another thread notices then that the worker is gone.
new Worker(new URL('watch.js', import.meta.url), { execArgv: [] }).unref();

const parent = channelToParent();
const tell = (message: FromProcess): Promise<void> => say(parent, message);
let hide: Hide = (text) => text;
let stop = new AbortController();

const fail = (error: unknown): void => {
  void tell({ kind: 'failure', failure: recordOf(error, hide) }).then(() => process.exit(1));
};
parent.on('error', () => process.exit(1)).on('close', () => process.exit(1));
// What nobody awaits in a task ends this process, and is told as what went wrong with the task.
process.on('uncaughtException', fail);
listen(
  parent,
  ToProcess,
  (message) => {
    if (message.kind === 'abort') stop.abort(new Error('told to stop'));
    else void perform(message);
  },
  fail,
);

async function perform({ uses, code, root, run, task, folder, attempt, settings, files, secrets }: ProcessTask): Promise<void> {
  stop = new AbortController();
  const known = secretsOf(task, Object.keys(secrets), '', { ...process.env, ...secrets });
  hide = known.hide;
  try {
    const definition = code === null ? FUNCTIONS[uses as ActivityName] : await ownDefinition(root, uses, code);
    const result = await definition.run(settings, {
      root,
      run,
      task,
      folder,
      attempt,
      ...locate(root, { task, folder }, files),
      secret: known.secret,
      progress: (progress) => void tell({ kind: 'progress', progress }),
      signal: stop.signal,
    });
    // What the task started ends with it. Here this takes no time of the worker's.
    endDescendants(process.pid, process.env[MARK] ?? '');
    await tell({ kind: 'result', result: { ...result, artifacts: [...result.artifacts], warnings: [...(result.warnings ?? [])] } });
  } catch (error) {
    await tell({ kind: 'failure', failure: recordOf(error, hide) });
  }
}
