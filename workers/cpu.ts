/** The workers of one cpu process: one for the workflow code as it is now, one for each older code under which runs are still open. */
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { TaskTable } from '../activities/definition.js';
import type { Project } from './project/project.js';
import { keepBundle, makeCurrent, olderVersions } from './versions.js';
import { createWorker } from './worker.js';

export interface CpuPlace {
  readonly root: string;
  readonly project: Project;
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly tasks: TaskTable;
  /** The workflow code as it is now. */
  readonly code: string;
}

export interface Workers {
  readonly workers: readonly Worker[];
  /** What a person should know of them. */
  readonly notes: readonly string[];
  /** Call it once they run: from then on new runs begin under the code as it is now. */
  settle(): Promise<void>;
}

export async function cpuWorkers({ code, ...place }: CpuPlace): Promise<Workers> {
  const { build, bundle } = await keepBundle(place.root, code);
  const older = await olderVersions(place.root, place, build);
  if (older === null) {
    const note = 'the Temporal server knows no worker versions: runs that are open go on under the newest workflow code';
    return { workers: [await createWorker({ ...place, kind: 'cpu', bundle })], notes: [note], settle: () => Promise.resolve() };
  }
  const versions = [{ build, bundle }, ...older.kept];
  const workers = await Promise.all(versions.map((version) => createWorker({ ...place, kind: 'cpu', ...version })));
  const notes = older.orphans.map(
    (orphan) =>
      `run ${orphan.run} began under workflow code ${orphan.build}, which is not kept here, or is damaged: docs/recovery.md says what to do`,
  );
  return { workers, notes, settle: () => makeCurrent(place, build) };
}
