/** What a person can ask of a run and tell it: one Query and five Updates, each refused at once, with the reason, where it makes no sense. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Ledger } from '../configs/schema/ledger.js';
import type { Override, PlannedTask } from '../configs/schema/plan.js';

export interface RetryRequest {
  /** Tasks to run again; empty: all that are blocked. */
  readonly tasks: readonly string[];
  /** New settings: these take the place of the planned tasks of the same names. */
  readonly plan: readonly PlannedTask[];
  /** The `--set` values behind `plan`, for the record. */
  readonly overrides: readonly Override[];
  readonly by: string;
}

export interface SkipRequest {
  readonly task: string;
  readonly reason: string;
  readonly by: string;
}

export interface PersonRequest {
  readonly by: string;
}

/** Which tasks an accepted retry set back to waiting, in the plan's order. */
export interface RetryAnswer {
  readonly tasks: readonly string[];
}

/** The type of the failure that a refused Update carries; its details hold one {@link Refusal}. */
export const REFUSED = 'REFUSED';

export const ledgerQuery = defineQuery<Ledger>('ledger');
export const retryUpdate = defineUpdate<RetryAnswer, [RetryRequest]>('retry');
export const skipUpdate = defineUpdate<void, [SkipRequest]>('skip');
export const pauseUpdate = defineUpdate<void, [PersonRequest]>('pause');
export const resumeUpdate = defineUpdate<void, [PersonRequest]>('resume');
export const cancelUpdate = defineUpdate<void, [PersonRequest]>('cancel');
