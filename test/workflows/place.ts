/** A project folder, a namespace and workers of its own, with tasks that a test makes up. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../../ml/files/atomic.js';
import type { TaskTable } from '../../activities/definition.js';
import { ledgerPath } from '../../activities/ledger-path.js';
import type { Ledger, LedgerTask } from '../../configs/schema/ledger.js';
import type { Queue } from '../../configs/schema/pipeline.js';
import type { Plan, PlannedTask } from '../../configs/schema/plan.js';
import { createWorker } from '../../workers/worker.js';
import { WORKFLOW_QUEUE, WORKFLOW_TYPE, workflowIdOf, type PipelineInput } from '../../workflows/input.js';
import { ledgerQuery } from '../../workflows/messages.js';
import { devServer } from './dev-server.js';

Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });

let bundling: Promise<string> | undefined;

/** Path of the workflows' bundle, made once. */
export function bundle(): Promise<string> {
  bundling ??= (async () => {
    const workflowsPath = fileURLToPath(new URL('../../workflows/index.js', import.meta.url));
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    const path = join(tmpdir(), `emo-aen-test-bundle-${process.pid}.js`);
    await writeFileAtomically(path, code);
    return path;
  })();
  return bundling;
}

export interface Place {
  readonly root: string;
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  startWorkers(tasks: TaskTable, kinds?: readonly Queue[]): Promise<void>;
  stopWorkers(): Promise<void>;
  start(input: PipelineInput): Promise<WorkflowHandle>;
  ledger(run: string): Promise<Ledger>;
  ledgerOnDisk(run: string): Promise<Ledger>;
  /** Resolves with the ledger once `wanted` holds for it. */
  until(run: string, wanted: (ledger: Ledger) => boolean): Promise<Ledger>;
  leave(): Promise<void>;
}

export async function newPlace(): Promise<Place> {
  const { address, namespace: newNamespace } = await devServer();
  const namespace = newNamespace();
  const root = await mkdtemp(join(tmpdir(), 'emo-aen-place-'));
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace });
  let running: { worker: Worker; ended: Promise<void> }[] = [];
  const place: Place = {
    root,
    address,
    namespace,
    client,
    startWorkers: async (tasks, kinds = ['cpu', 'gpu']) => {
      for (const kind of kinds) {
        const worker = await createWorker({ kind, root, connection: native, namespace, tasks, bundle: await bundle() });
        running.push({ worker, ended: worker.run() });
      }
    },
    stopWorkers: async () => {
      for (const { worker } of running) worker.shutdown();
      await Promise.all(running.map(({ ended }) => ended));
      running = [];
    },
    start: (input) =>
      client.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowIdOf(input.run),
        taskQueue: WORKFLOW_QUEUE,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      }),
    ledger: (run) => client.workflow.getHandle(workflowIdOf(run)).query(ledgerQuery),
    ledgerOnDisk: async (run) => JSON.parse(await readFile(ledgerPath(root, run), 'utf8')) as Ledger,
    until: async (run, wanted) => {
      for (;;) {
        const ledger = await place.ledger(run);
        if (wanted(ledger)) return ledger;
        await new Promise((resolve) => setTimeout(resolve, 50)); // a workflow pushes nothing: it must be asked
      }
    },
    leave: async () => {
      await place.stopWorkers();
      await connection.close();
      await native.close();
      await rm(root, { recursive: true, force: true });
    },
  };
  return place;
}

/** A task of a made-up plan: no settings, quick retries. */
export function planned(name: string, change: Partial<PlannedTask> = {}): PlannedTask {
  return {
    name,
    stage: 1,
    uses: name,
    version: 1,
    outside: false,
    needs: [],
    queue: 'cpu',
    kind: null,
    settings: {},
    settingsFiles: [],
    reads: [],
    provides: [],
    timeoutMs: 60_000,
    heartbeatMs: null,
    retry: { attempts: 3, backoffMs: 10 },
    ...change,
  };
}

export function planOf(...tasks: PlannedTask[]): Plan {
  return { version: 1, pipeline: 'test', file: 'configs/test.yaml', tasks, hash: '0'.repeat(64) };
}

export function inputOf(run: string, plan: Plan, change: Partial<PipelineInput> = {}): PipelineInput {
  return { run, plan, candidates: [], fresh: false, until: null, overrides: [], by: 'a test', ...change };
}

export function taskIn(ledger: Ledger, name: string): LedgerTask {
  const task = ledger.tasks.find(({ plan }) => plan.name === name);
  if (task === undefined) throw new Error(`no task ${name}`);
  return task;
}

/** `name: state` of every task. */
export function states(ledger: Ledger): Record<string, string> {
  return Object.fromEntries(ledger.tasks.map(({ plan, state }) => [plan.name, state]));
}
