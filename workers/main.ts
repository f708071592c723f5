/** The process of one worker: `node dist/workers/main.js cpu|gpu --root DIR`. Runs until SIGTERM or SIGINT, then lets its tasks save their work. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { TASKS } from '../activities/register.js';
import { Problem } from '../configs/problem.js';
import { Queue } from '../configs/schema/pipeline.js';
import { writeJsonAtomically } from '../ml/files/atomic.js';
import { outliveLog } from '../ml/files/lasting-output.js';
import { workflowBundle } from './bundle.js';
import { cpuWorkers, type Workers } from './cpu.js';
import { readyPath, type Ready } from './processes/record.js';
import { projectOf } from './project/project.js';
import { temporalTarget, type TemporalTarget } from './temporal.js';
import { createWorker, type WorkerPlace } from './worker.js';

const CONNECT_LIMIT_MS = 30_000;

async function work(kind: Queue, root: string): Promise<void> {
  // Forwarded, so that all that is logged goes through one stream, which outlives a full disk.
  const logging = { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } as const;
  Runtime.install({ logger: new DefaultLogger('WARN'), telemetryOptions: { logging } });
  const code = kind === 'cpu' ? await workflowBundle(tell) : '';
  const target = await temporalTarget(root);
  const connection = await connect(target);
  const place = { root, project: await projectOf(root), connection, namespace: target.namespace, tasks: TASKS };
  const { workers, notes, settle } = kind === 'cpu' ? await cpuWorkers({ ...place, code }) : await gpuWorkers(place);
  notes.forEach(tell);
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    await Promise.race([settle(), running]);
    await writeJsonAtomically(readyPath(root, kind), { pid: process.pid, notes } satisfies Ready);
    await running;
  } finally {
    await rm(readyPath(root, kind), { force: true });
  }
  await connection.close();
}

async function gpuWorkers(place: Omit<WorkerPlace, 'kind' | 'bundle'>): Promise<Workers> {
  return { workers: [await createWorker({ ...place, kind: 'gpu', bundle: '' })], notes: [], settle: () => Promise.resolve() };
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function connect(target: TemporalTarget): Promise<NativeConnection> {
  const deadline = performance.now() + CONNECT_LIMIT_MS;
  for (;;) {
    try {
      return await NativeConnection.connect(target.connection);
    } catch (cause) {
      if (performance.now() > deadline) {
        const message = `the Temporal server at ${target.address} does not answer`;
        throw new Problem({ code: 'UNREACHABLE', message, cure: 'emo-aen up', cause });
      }
      await delay(500);
    }
  }
}

function told(): { kind: Queue; root: string } {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { root: { type: 'string', default: '.' } } });
  const kind = Queue.safeParse(positionals[0]);
  if (kind.success) return { kind: kind.data, root: resolve(values.root) };
  throw new Problem({ code: 'USAGE', message: 'say which kind of worker', cure: 'node dist/workers/main.js cpu|gpu --root DIR' });
}

outliveLog();
try {
  const { kind, root } = told();
  await work(kind, root);
  process.exit(0); // a task that did not stop in time may still hold the process
} catch (error) {
  process.stderr.write(
    `${error instanceof Problem ? `error: ${error.describe()}` : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
}
