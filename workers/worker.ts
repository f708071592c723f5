/** The two kinds of Temporal worker: `cpu` runs workflows and CPU activities, `gpu` one activity at a time and nothing else. */
import { availableParallelism } from 'node:os';
import { Runtime, Worker, type InjectedSinks, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { TaskTable } from '../activities/definition.js';
import { ledgerActivities } from '../activities/ledger.js';
import { LedgerFiles } from '../activities/ledger-files.js';
import { taskActivities } from '../activities/register.js';
import type { Queue } from '../configs/schema/pipeline.js';
import type { LedgerSinks } from '../workflows/record.js';
import { taskQueueOf } from '../workflows/names.js';
import { refuseUnsealed } from './project/door.js';
import type { Project } from './project/project.js';
import { sealing } from './project/seal.js';
import { workerIdentity } from './project/whose.js';
import { deploymentOptions } from './versions.js';

export interface WorkerPlace {
  readonly kind: Queue;
  /** Absolute project root. */
  readonly root: string;
  readonly project: Project;
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** What `uses` can name. */
  readonly tasks: TaskTable;
  /** Path of the workflow bundle; read by `cpu` only. */
  readonly bundle: string;
  /** For recordings of the suite, which are replayed without a key: payloads travel as they are. */
  readonly unsealed?: boolean;
  /** The version that the bundle is; left out: the worker has none, as the server knows none. */
  readonly build?: string | undefined;
}

/**
 * After SIGTERM short tasks get this long to end; then the abort signal reaches those that still run, and a training process
 * writes its checkpoint. `emo-aen down` waits a little longer than `FORCE`.
 */
const GRACE = '2s';
const FORCE = '6s';
/** Progress reaches the server at least this often, or at 80 % of the heartbeat timeout where that is sooner. */
const FRESH = '2s';

/** A worker that is ready to `run()`. @throws where the server does not answer or does not know the namespace. */
export async function createWorker(place: WorkerPlace): Promise<Worker> {
  return Worker.create({
    connection: place.connection,
    namespace: place.namespace,
    taskQueue: taskQueueOf(place.project.id, place.kind),
    identity: workerIdentity(place.project),
    dataConverter: place.unsealed === true ? {} : sealing(place.project),
    interceptors: { activity: [refuseUnsealed] },
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    maxHeartbeatThrottleInterval: FRESH,
    defaultHeartbeatThrottleInterval: FRESH,
    ...KINDS[place.kind](place),
  });
}

const KINDS: Record<Queue, (place: WorkerPlace) => Omit<WorkerOptions, 'taskQueue'>> = {
  cpu: ({ root, project, tasks, bundle, build }) => {
    const files = new LedgerFiles(root, (message, error) => void Runtime.instance().logger.warn(message, { error }));
    return {
      workflowBundle: { codePath: bundle },
      ...(build === undefined ? {} : { workerDeploymentOptions: deploymentOptions(project.id, build) }),
      activities: { ...taskActivities(root, tasks), ...ledgerActivities(root, files) },
      sinks: ledgerSinks(files),
      maxConcurrentActivityTaskExecutions: Math.max(4, availableParallelism()),
    };
  },
  // Without a version: it runs no workflows, and its tasks serve runs of every version.
  gpu: ({ root, tasks }) => ({
    activities: taskActivities(root, tasks),
    maxConcurrentActivityTaskExecutions: 1,
  }),
};

function ledgerSinks(files: LedgerFiles): InjectedSinks<LedgerSinks> {
  return {
    ledger: {
      offer: {
        fn: ({ runId: execution }, ledger, revision) => {
          files.offer({ ledger, revision, execution });
        },
        callDuringReplay: false,
      },
    },
  };
}
