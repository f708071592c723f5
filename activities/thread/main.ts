/** The thread's side: runs one task after the other, tells how each goes and how it ended, until it is told that there is no more. */
import { parentPort } from 'node:worker_threads';
import { recordOf } from '../../configs/failure.js';
import type { ActivityName } from '../../configs/schema/catalog.js';
import { locate } from '../files.js';
import { FUNCTIONS } from '../functions.js';
import { ownDefinition } from '../own/definition.js';
import { secretsOf } from '../secrets.js';
import { ABORT, END, type FromThread, type ThreadTask, type ToThread } from './messages.js';

const port = parentPort;
if (port === null) throw new Error('this is the entry of a thread');
const say = (message: FromThread): void => port.postMessage(message);
let stop = new AbortController();
port.on('message', (message: ToThread) => {
  if (message === ABORT) stop.abort(new Error('told to stop'));
  else if (message === END) port.close();
  else void perform(message);
});

async function perform({ uses, code, root, run, task, folder, attempt, settings, files, secrets }: ThreadTask): Promise<void> {
  stop = new AbortController();
  const known = secretsOf(task, Object.keys(secrets), '', { ...process.env, ...secrets });
  try {
    const definition = code === null ? FUNCTIONS[uses as ActivityName] : await ownDefinition(root, uses, code);
    const result = await definition.run(settings, {
      root,
      run,
      task,
      folder,
      attempt,
      ...locate(root, task, files),
      secret: known.secret,
      progress: (progress) => say({ kind: 'progress', progress }),
      signal: stop.signal,
    });
    say({ kind: 'result', result });
  } catch (error) {
    say({ kind: 'failure', failure: recordOf(error, known.hide) });
  }
}
