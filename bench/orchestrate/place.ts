/** A project of the bench's own with a Temporal server, as `emo-aen up` starts it, and workers of the bench. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeDown } from '../../workers/processes/take-down.js';
import { startServer } from '../../workers/server/start.js';
import { connectTemporal, type TemporalLink } from '../../workers/temporal.js';
import { WORKPLACE } from '../peers.js';

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));

export interface Place {
  readonly root: string;
  readonly link: TemporalLink;
  /** Resolves once it polls. */
  worker(kind: 'ours' | 'plain'): Promise<ChildProcess>;
}

export async function inPlace<Result>(body: (place: Place) => Promise<Result>): Promise<Result> {
  const root = join(WORKPLACE, 'orchestrate');
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  await startServer(root);
  const workers: ChildProcess[] = [];
  const worker: Place['worker'] = async (kind) => {
    const child = spawn(process.execPath, [WORKER, kind, root], { stdio: ['ignore', 'pipe', 'inherit'] });
    workers.push(child);
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the worker ${kind} ended before it polled`)));
    await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => undefined); // from here on it may end: that is what is measured
    return child;
  };
  const link = await connectTemporal(root);
  try {
    return await body({ root, link, worker });
  } finally {
    await link.close();
    await Promise.all(workers.map(end));
    await takeDown(root, 'server', 5_000);
    await rm(root, { recursive: true, force: true });
  }
}

/** As a machine that goes off. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
