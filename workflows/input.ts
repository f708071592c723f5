/** What starts a run, and what its execution in Temporal ends with. */
import type { RunState } from '../configs/schema/ledger.js';
import type { Override, Plan } from '../configs/schema/plan.js';
import type { ReuseCandidate } from './decide.js';

export interface PipelineInput {
  readonly run: string;
  readonly plan: Plan;
  /** Earlier results that may serve again, newest first. */
  readonly candidates: readonly ReuseCandidate[];
  /** Reuse nothing, and say so: `candidates` is then empty. */
  readonly fresh: boolean;
  /** The last task to do, with all it depends on; null: all tasks. */
  readonly until: string | null;
  /** The `--set` values that the plan was compiled with. */
  readonly overrides: readonly Override[];
  /** Who started it. */
  readonly by: string;
}

export interface PipelineResult {
  readonly run: string;
  readonly state: RunState;
}

/** The name of the workflow type, of its queue, and of the execution that carries a run. */
export const WORKFLOW_TYPE = 'pipeline';
export const WORKFLOW_QUEUE = 'cpu';

const ID_PREFIX = 'emo-aen-';

export function workflowIdOf(run: string): string {
  return `${ID_PREFIX}${run}`;
}

/** The run of a workflow; null for a workflow that is none of ours. */
export function runOf(workflowId: string): string | null {
  return workflowId.startsWith(ID_PREFIX) ? workflowId.slice(ID_PREFIX.length) : null;
}
