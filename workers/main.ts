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
import { workflowBundle } from './bundle.js';
import { readyPath } from './processes/record.js';
import { temporalTarget, type TemporalTarget } from './temporal.js';
import { createWorker } from './worker.js';

const CONNECT_LIMIT_MS = 30_000;

async function work(kind: Queue, root: string): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN'), telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' } } } });
  const bundle = kind === 'cpu' ? await workflowBundle((text) => process.stderr.write(`${text}\n`)) : '';
  const target = await temporalTarget(root);
  const connection = await connect(target);
  const worker = await createWorker({ kind, root, connection, namespace: target.namespace, tasks: TASKS, bundle });
  const running = worker.run();
  await writeJsonAtomically(readyPath(root, kind), { pid: process.pid });
  try {
    await running;
  } finally {
    await rm(readyPath(root, kind), { force: true });
    await connection.close();
  }
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
