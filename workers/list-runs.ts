/** The runs that disk and server know of. */
import { z } from 'zod';
import { Problem } from '../configs/problem.js';
import type { Ledger, RunState } from '../configs/schema/ledger.js';
import { wantedTasks } from '../workflows/graph.js';
import { WORKFLOW_TYPE } from '../workflows/input.js';
import { idPrefixOf, runOf } from '../workflows/names.js';
import { awaitsApproval } from '../workflows/ledger.js';
import { readLedgers } from './candidates.js';
import { inMs } from './deadline.js';
import type { TemporalLink } from './temporal.js';

/** What the server lists of a run, sealed: by that the run is known to be this project's. */
export const RUN_MEMO = 'run';
export const RunMemo = z.object({ pipeline: z.string() });
export type RunMemo = z.infer<typeof RunMemo>;

export interface ListedRun {
  readonly run: string;
  readonly pipeline: string;
  readonly state: RunState;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** The last task to do, with all it depends on; null: all tasks. */
  readonly until: string | null;
  /** Of the tasks to do, how many are done or reused, and how many there are. */
  readonly settled: number;
  readonly tasks: number;
  /** Tasks that wait for a person's word (`emo-aen approve`). */
  readonly awaitsApproval: readonly string[];
}

export interface ListedRuns {
  readonly runs: readonly ListedRun[];
  /** Whether the server was asked too; without it, runs stand as their files were last written. */
  readonly source: 'server and ledger files' | 'ledger files';
}

export async function listRuns(root: string, link: () => Promise<TemporalLink>): Promise<ListedRuns> {
  const ledgers = await readLedgers(root);
  const known = new Map(ledgers.map((ledger) => [ledger.run, listed(ledger)]));
  const asked = await askServer(link);
  for (const { run, status, startedAt, endedAt, pipeline } of asked ?? []) {
    const onDisk = known.get(run);
    const state = STATES[status] ?? 'failed';
    if (onDisk === undefined)
      known.set(run, { run, pipeline, state, startedAt, endedAt, until: null, settled: 0, tasks: 0, awaitsApproval: [] });
    // The file knows blocked and paused; the server knows what ended against its will.
    else if (onDisk.endedAt === null && state === 'failed') known.set(run, { ...onDisk, state, endedAt });
  }
  const runs = [...known.values()].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  return { runs, source: asked === null ? 'ledger files' : 'server and ledger files' };
}

const STATES: Readonly<Record<string, RunState>> = { RUNNING: 'running', COMPLETED: 'completed', CANCELLED: 'cancelled' };
const MOST = 1_000;
/** Longest that the server may take; then the files answer alone. */
const ANSWER_MS = 2_000;

interface Execution {
  readonly run: string;
  readonly pipeline: string;
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

async function askServer(link: () => Promise<TemporalLink>): Promise<Execution[] | null> {
  try {
    const open = await link();
    return await open.connection.withDeadline(inMs(ANSWER_MS), () => executions(open));
  } catch (error) {
    if ((error instanceof Problem && error.code === 'UNREACHABLE') || isSilence(error)) return null;
    throw error;
  }
}

/** gRPC's codes of a server that does not answer in time, and of one that is gone. */
const SILENT: ReadonlySet<unknown> = new Set([4, 14]);

function isSilence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && SILENT.has(error.code)) || isSilence(error.cause);
}

async function executions({ client, project }: TemporalLink): Promise<Execution[]> {
  const found: Execution[] = [];
  for await (const { workflowId, memo, status, startTime, closeTime } of client.workflow.list({
    query: `WorkflowType = '${WORKFLOW_TYPE}' AND WorkflowId STARTS_WITH '${idPrefixOf(project.id)}'`,
  })) {
    const run = runOf(project.id, workflowId);
    if (run === null) continue;
    const ours = RunMemo.safeParse(memo?.[RUN_MEMO]);
    if (!ours.success) continue; // a workflow that somebody else started under such an id
    found.push({
      run,
      pipeline: ours.data.pipeline,
      status: status.name,
      startedAt: startTime.toISOString(),
      endedAt: closeTime?.toISOString() ?? null,
    });
    if (found.length === MOST) break;
  }
  return found;
}

function listed({ run, pipeline, state, until, startedAt, endedAt, tasks }: Ledger): ListedRun {
  const wanted = wantedTasks(
    tasks.map(({ plan }) => plan),
    until,
  );
  const asked = tasks.filter(({ plan }) => wanted.has(plan.name));
  const settled = asked.filter((task) => task.state === 'done' || task.state === 'reused').length;
  const gates = asked.filter(awaitsApproval).map(({ plan }) => plan.name);
  return { run, pipeline, state, until, startedAt, endedAt, settled, tasks: asked.length, awaitsApproval: gates };
}
