/** What a person can ask of a run and tell it: two Queries and seven Updates, these refused at once, with the reason, where it makes no sense. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Ledger } from '../configs/schema/ledger.js';
import type { Override, PlannedTask } from '../configs/schema/plan.js';
import type { Remembered } from './memory.js';

/** Tasks by name, or those of a stage. */
export interface Choice {
  readonly tasks: readonly string[];
  /** Only where no task is named; null: no stage is named either. */
  readonly stage: number | null;
}

/**
 * Tasks to run again: those named; of a stage, those that are blocked or skipped, or all that ended where none is; without either, all
 * that are blocked.
 */
export interface RetryRequest extends Choice {
  /** New settings: these take the place of the planned tasks of the same names. */
  readonly plan: readonly PlannedTask[];
  /** The `--set` values behind `plan`, for the record. */
  readonly overrides: readonly Override[];
  readonly by: string;
}

/** Of a stage, those tasks that are blocked or wait. */
export interface SkipRequest extends Choice {
  readonly reason: string;
  readonly by: string;
}

export interface ApproveRequest {
  readonly task: string;
  readonly by: string;
}

export interface UntilRequest {
  /** The last task to do, with all it depends on; null: all tasks. */
  readonly task: string | null;
  readonly by: string;
}

export interface PersonRequest {
  readonly by: string;
}

/** Which tasks an accepted request is about, in the plan's order: those set back to waiting, those skipped. */
export interface TasksAnswer {
  readonly tasks: readonly string[];
}

export interface ApproveAnswer {
  /** The task then runs only once the run is resumed. */
  readonly paused: boolean;
}

/** The type of the failure that a refused Update carries; its details hold one {@link Refusal}. */
export const REFUSED = 'REFUSED';

export const ledgerQuery = defineQuery<Ledger>('ledger');
export const rememberedQuery = defineQuery<Remembered>('remembered');
export const retryUpdate = defineUpdate<TasksAnswer, [RetryRequest]>('retry');
export const skipUpdate = defineUpdate<TasksAnswer, [SkipRequest]>('skip');
export const approveUpdate = defineUpdate<ApproveAnswer, [ApproveRequest]>('approve');
export const untilUpdate = defineUpdate<void, [UntilRequest]>('until');
export const pauseUpdate = defineUpdate<void, [PersonRequest]>('pause');
export const resumeUpdate = defineUpdate<void, [PersonRequest]>('resume');
export const cancelUpdate = defineUpdate<void, [PersonRequest]>('cancel');
