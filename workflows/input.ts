/** What starts a run, and what its execution in Temporal ends with. */
import type { Ledger, RunState } from '../configs/schema/ledger.js';
import type { Override, Plan } from '../configs/schema/plan.js';
import type { ReuseCandidate } from './decide.js';

export interface PipelineInput {
  readonly run: string;
  /** Counts the project's runs from 1. Clocks jump, so this says which run is the newest. */
  readonly number: number;
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
  /** Whether the server has the search attributes registered that `attributes.ts` tells. */
  readonly attributes: boolean;
  /** Where the run goes on from; null where it begins. The tasks of `plan` are then left out: they stand in the ledger. */
  readonly carried: Carried | null;
}

/** All that a run knows, handed on when it begins a new history (Temporal's continue-as-new). Nothing is running then. */
export interface Carried {
  readonly ledger: Ledger;
  readonly paused: boolean;
  /** Results of the run's own tasks. */
  readonly former: readonly ReuseCandidate[];
  /** Tasks that run again though they have a result, and why tasks run, by name: what retries asked for. */
  readonly forced: readonly string[];
  readonly reasons: Readonly<Record<string, readonly string[]>>;
}

export interface PipelineResult {
  readonly run: string;
  readonly state: RunState;
}

/** The name of the workflow type. Its runs wait in the project's cpu queue. */
export const WORKFLOW_TYPE = 'pipeline';
