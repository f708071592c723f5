/** A worker process of the bench: `worker.js ours|plain ROOT`. Says `ready` on stdout once it polls, and runs until it is ended. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { define } from '../../activities/definition.js';
import { workflowBundle } from '../../workers/bundle.js';
import { projectOf } from '../../workers/project/project.js';
import { temporalTarget } from '../../workers/temporal.js';
import { keepBundle } from '../../workers/versions.js';
import { createWorker } from '../../workers/worker.js';
import { BEGINNINGS, NOTHING_AT_ALL } from './made-plan.js';

const BEATING_EVERY_MS = 200;

const Settings = z.record(z.string(), z.unknown());
const nothing = define({ settings: Settings, provides: [] }, () => Promise.resolve(() => Promise.resolve({ artifacts: [], summary: {} })));

/** Writes down when it begins, and then only shows that it is alive. */
const beating = define({ settings: Settings, provides: [] }, () =>
  Promise.resolve(async ({ root, progress, signal }) => {
    await appendFile(join(root, BEGINNINGS), `${Date.now()}\n`);
    for (let beat = 1; ; beat++) {
      progress({ message: `beat ${beat}` });
      await delay(BEATING_EVERY_MS, undefined, { signal });
    }
  }),
);

const failing = define({ settings: Settings, provides: [] }, () => Promise.resolve(() => Promise.reject(new Error('as it was told'))));

const KINDS: Readonly<Record<string, (connection: NativeConnection, namespace: string, root: string) => Promise<Worker>>> = {
  ours: async (connection, namespace, root) =>
    createWorker({
      kind: 'cpu',
      root,
      project: await projectOf(root),
      connection,
      namespace,
      tasks: { [NOTHING_AT_ALL]: nothing, beating, failing },
      bundle: (await keepBundle(root, await workflowBundle(() => undefined))).bundle,
    }),
  plain: (connection, namespace) =>
    Worker.create({
      connection,
      namespace,
      taskQueue: 'plain',
      workflowsPath: fileURLToPath(new URL('plain-workflow.js', import.meta.url)),
      activities: { [NOTHING_AT_ALL]: () => Promise.resolve() },
      maxConcurrentActivityTaskExecutions: 4,
    }),
};

const [, , kind = '', root = ''] = process.argv;
const create = KINDS[kind];
if (create === undefined) throw new Error(`worker.js ${Object.keys(KINDS).join('|')} ROOT`);
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
const { connection, namespace } = await temporalTarget(root);
const worker = await create(await NativeConnection.connect(connection), namespace, root);
const running = worker.run();
process.stdout.write('ready\n');
await running;
