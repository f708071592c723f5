/** {@link runInChild} with a process in between, whose id is the one that is told. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { runInChild } from '../../../activities/child/child.js';
import type { Result } from '../../../ml/engine/jobs/protocol.js';
import type { FromWorker, ToWorker } from './worker.js';

const ENTRY = fileURLToPath(new URL('worker.js', import.meta.url));

export const runInWorker: typeof runInChild = (job, { environment, stallSeconds, progress, started }) =>
  new Promise((resolve, reject) => {
    const worker = fork(ENTRY, [], { execArgv: ['--enable-source-maps'] });
    let result: Result | null = null;
    let problem = '';
    worker.on('message', (message: FromWorker) => {
      if ('progress' in message) progress(message.progress);
      else if ('result' in message) result = message.result;
      else problem = message.problem;
    });
    worker.once('error', reject);
    worker.once('exit', (code, signal) => {
      if (result !== null) resolve(result);
      else reject(new Error(`the process above the trainer ended with ${signal ?? code}${problem === '' ? '' : `: ${problem}`}`));
    });
    worker.once('spawn', () => {
      worker.send({ job, environment, stallSeconds } satisfies ToWorker);
      if (worker.pid !== undefined) started?.(worker.pid);
    });
  });
