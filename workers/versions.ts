/**
 * Workflow code as versions of one Temporal worker deployment. A run is pinned to the code under which it began and ends under it,
 * however often the project is upgraded meanwhile (docs/decisions/0009).
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type ConnectionLike } from '@temporalio/client';
import { isAbout } from '../configs/problem.js';
import { hashFile, writeFileAtomically } from '../ml/files/atomic.js';
import { setAside } from '../ml/files/record.js';
import { deploymentOf, runOf } from '../workflows/names.js';
import type { Project } from './project/project.js';

/** Relative to the project root. */
export const WORKFLOWS_FOLDER = '.emo-aen/workflows';
const BUILD_ID_LENGTH = 16;
const REGISTERED_LIMIT_MS = 30_000;
const POLL_MS = 50;
/** gRPC's codes for: no such thing (yet), not as things are now, no such call, not allowed here. */
const GRPC = { notFound: 5, denied: 7, precondition: 9, unimplemented: 12 };

export interface WorkflowVersion {
  /** The beginning of the sha256 of the bundle, in hexadecimal. */
  readonly build: string;
  /** Absolute path of the bundle. */
  readonly bundle: string;
}

/** Where a server keeps the versions of a project. */
export interface Deployments {
  readonly project: Pick<Project, 'id'>;
  readonly connection: Pick<ConnectionLike, 'workflowService'>;
  readonly namespace: string;
}

/** Keeps a bundle below the project root under what it is, so that whoever began under it can end under it. A damaged one is written again. */
export async function keepBundle(root: string, code: string): Promise<WorkflowVersion> {
  const build = createHash('sha256').update(code).digest('hex').slice(0, BUILD_ID_LENGTH);
  const bundle = bundlePath(root, build);
  const kept = await lookForBundle(bundle, build);
  if (kept === 'damaged') await setAside(bundle);
  if (kept !== 'sound') await writeFileAtomically(bundle, code);
  return { build, bundle };
}

/** Whether the kept file is the code that its name says: a name is the beginning of the code's sha256. */
async function lookForBundle(bundle: string, build: string): Promise<'absent' | 'damaged' | 'sound'> {
  try {
    return (await hashFile(bundle)).sha256.startsWith(build) ? 'sound' : 'damaged';
  } catch (error) {
    if (isAbout(error, 'ENOENT')) return 'absent';
    if (isAbout(error, 'EISDIR')) return 'damaged';
    throw error;
  }
}

function bundlePath(root: string, build: string): string {
  return join(root, WORKFLOWS_FOLDER, `${build}.js`);
}

/** For the options of a Temporal worker. */
export function deploymentOptions(project: string, buildId: string) {
  return {
    version: { deploymentName: deploymentOf(project), buildId },
    useWorkerVersioning: true as const,
    defaultVersioningBehavior: 'PINNED' as const,
  };
}

export interface OlderVersions {
  /** Under these, runs may still be open; they are kept here. */
  readonly kept: readonly WorkflowVersion[];
  /** Runs that are open under code that is not kept here, or damaged: no worker of this machine can go on with them. */
  readonly orphans: readonly { readonly run: string; readonly build: string }[];
}

/** Every version but `current` under which the server does not yet know all runs to be closed; null where it knows no versions at all. */
export async function olderVersions(root: string, server: Deployments, current: string): Promise<OlderVersions | null> {
  const builds = await undrained(server);
  if (builds === null) return null;
  const kept: WorkflowVersion[] = [];
  const orphans: { run: string; build: string }[] = [];
  for (const build of builds.filter((other) => other !== current)) {
    const bundle = bundlePath(root, build);
    if ((await lookForBundle(bundle, build)) === 'sound') kept.push({ build, bundle });
    else orphans.push(...(await openRuns(server, build)).map((run) => ({ run, build })));
  }
  return { kept, orphans };
}

/** The builds whose code must stay: the current one, and those under which runs may be open. Null where the server does not tell. */
export async function neededBuilds(server: Deployments): Promise<string[] | null> {
  const builds = await undrained(server);
  // None at all: no worker has come up yet, and the one that does will say which.
  return builds === null || builds.length === 0 ? null : builds;
}

/** VERSION_DRAINAGE_STATUS_DRAINED: not current, and no run pinned to it is open. The server finds that out minutes late, never early. */
const DRAINED = 2;

async function undrained({ connection, namespace, project }: Deployments): Promise<string[] | null> {
  try {
    const found = await connection.workflowService.describeWorkerDeployment({ namespace, deploymentName: deploymentOf(project.id) });
    return (found.workerDeploymentInfo?.versionSummaries ?? [])
      .filter(({ drainageStatus }) => Number(drainageStatus) !== DRAINED)
      .map(({ deploymentVersion }) => deploymentVersion?.buildId ?? '');
  } catch (error) {
    const code = grpcCode(error);
    if (code === GRPC.notFound) return [];
    if (code === GRPC.unimplemented || code === GRPC.denied) return null;
    throw error;
  }
}

async function openRuns({ connection, namespace, project }: Deployments, build: string): Promise<string[]> {
  const query = `TemporalWorkerDeploymentVersion = '${deploymentOf(project.id)}:${build}' AND ExecutionStatus = 'Running'`;
  const { executions } = await connection.workflowService.listWorkflowExecutions({ namespace, query });
  return executions.flatMap(({ execution }) => runOf(project.id, execution?.workflowId ?? '') ?? []);
}

/** Makes it the version under which new runs, and those that began without a version, go on. Its worker must be polling: the server learns of it from that. */
export async function makeCurrent({ connection, namespace, project }: Deployments, buildId: string): Promise<void> {
  const deploymentName = deploymentOf(project.id);
  const deadline = performance.now() + REGISTERED_LIMIT_MS;
  for (;;) {
    try {
      await connection.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId });
      return;
    } catch (error) {
      const code = grpcCode(error);
      const early = code === GRPC.notFound || code === GRPC.precondition;
      if (!early || performance.now() > deadline) throw error;
    }
    await delay(POLL_MS); // nothing tells when the server has taken note of the poller
  }
}

function grpcCode(error: unknown): number | null {
  return isGrpcServiceError(error) ? Number(error.code) : null;
}
