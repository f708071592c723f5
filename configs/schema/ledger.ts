/** The run's record (design §2): part of the workflow's state, answered by its query, exported as `runs/<run>/ledger.json`. */
import { z } from 'zod';
import { TaskOutput } from './payload.js';
import { Override, PlannedTask } from './plan.js';

export const RunState = z.enum(['running', 'blocked', 'paused', 'completed', 'failed', 'cancelled']);
export type RunState = z.infer<typeof RunState>;

export const TaskState = z.enum(['waiting', 'running', 'retrying', 'blocked', 'done', 'reused', 'skipped', 'cancelled']);
export type TaskState = z.infer<typeof TaskState>;

/** Why a task failed, as its {@link Problem} told it. `code` is `UNEXPECTED` for a defect of ours. */
export const Failure = z.object({
  code: z.string(),
  message: z.string(),
  where: z.string().nullable(),
  cure: z.string().nullable(),
});
export type Failure = z.infer<typeof Failure>;

export const LedgerTask = z.object({
  plan: PlannedTask,
  state: TaskState,
  attempts: z.int().nonnegative(),
  /** Why it runs, is reused, waits or is blocked, in words. */
  reason: z.string(),
  /** Null until its needs are met. */
  fingerprint: z.string().nullable(),
  /** ISO 8601, UTC. */
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  failure: Failure.nullable(),
  output: TaskOutput.nullable(),
  /** The run whose artifacts are reused. */
  fromRun: z.string().nullable(),
  /** The fingerprint that a person approved; null where nobody has, or nobody need. */
  approved: z.string().nullable().default(null),
});
export type LedgerTask = z.infer<typeof LedgerTask>;

/** Something a person did to the run. */
export const LedgerEvent = z.object({
  at: z.string(),
  by: z.string(),
  action: z.enum(['start', 'retry', 'skip', 'pause', 'resume', 'cancel', 'approve', 'until']),
  tasks: z.array(z.string()),
  overrides: z.array(Override),
  reason: z.string().nullable(),
});
export type LedgerEvent = z.infer<typeof LedgerEvent>;

export const Ledger = z.object({
  version: z.literal(1),
  run: z.string(),
  pipeline: z.string(),
  file: z.string(),
  planHash: z.string(),
  state: RunState,
  /** The last task to do, with all it depends on; null: all tasks. */
  until: z.string().nullable().default(null),
  /** Counts the project's runs from 1: of two runs, the one with the larger number began later, whatever the clock said. */
  number: z.int().positive(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  tasks: z.array(LedgerTask),
  events: z.array(LedgerEvent),
});
export type Ledger = z.infer<typeof Ledger>;
