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
import type { Ledger } from '../../configs/schema/ledger.js';
import type { Queue } from '../../configs/schema/pipeline.js';
import { projectOf, type Project } from '../../workers/project/project.js';
import { sealing } from '../../workers/project/seal.js';
import { RUN_MEMO } from '../../workers/list-runs.js';
import { createWorker } from '../../workers/worker.js';
import { WORKFLOW_TYPE, type PipelineInput } from '../../workflows/input.js';
import { taskQueueOf, workflowIdOf } from '../../workflows/names.js';
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

if (typeof globalThis.after === 'function') {
  after(async function removeBundle() {
    await bundling?.then((path) => rm(path));
  });
}

export interface Place {
  readonly root: string;
  readonly project: Project;
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  startWorkers(tasks: TaskTable, kinds?: readonly Queue[]): Promise<void>;
  stopWorkers(kinds?: readonly Queue[]): Promise<void>;
  start(input: PipelineInput): Promise<WorkflowHandle>;
  ledger(run: string): Promise<Ledger>;
  ledgerOnDisk(run: string): Promise<Ledger>;
  /** Resolves with the ledger once `wanted` holds for it. */
  until(run: string, wanted: (ledger: Ledger) => boolean): Promise<Ledger>;
  leave(): Promise<void>;
}

/** `folder`: the project folder of another place, for one whose server forgot everything; it stays. `unsealed`: payloads travel as they are. */
export async function newPlace(server = devServer(), folder?: string, unsealed = false): Promise<Place> {
  const { address, namespace: newNamespace } = await server;
  const namespace = newNamespace();
  const root = folder ?? (await mkdtemp(join(tmpdir(), 'emo-aen-place-')));
  const project = await projectOf(root, {});
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace, dataConverter: unsealed ? {} : sealing(project) });
  let running: { kind: Queue; worker: Worker; ended: Promise<void> }[] = [];
  const place: Place = {
    root,
    project,
    address,
    namespace,
    client,
    startWorkers: async (tasks, kinds = ['cpu', 'gpu']) => {
      for (const kind of kinds) {
        const worker = await createWorker({ kind, root, project, connection: native, namespace, tasks, bundle: await bundle(), unsealed });
        running.push({ kind, worker, ended: worker.run() });
      }
    },
    stopWorkers: async (kinds = ['cpu', 'gpu']) => {
      const stopped = running.filter(({ kind }) => kinds.includes(kind));
      for (const { worker } of stopped) worker.shutdown();
      await Promise.all(stopped.map(({ ended }) => ended));
      running = running.filter((one) => !stopped.includes(one));
    },
    start: (input) =>
      client.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowIdOf(project.id, input.run),
        taskQueue: taskQueueOf(project.id, 'cpu'),
        args: [input],
        memo: { [RUN_MEMO]: { pipeline: input.plan.pipeline } },
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      }),
    ledger: (run) => client.workflow.getHandle(workflowIdOf(project.id, run)).query(ledgerQuery),
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
      if (folder === undefined) await rm(root, { recursive: true, force: true });
    },
  };
  return place;
}
