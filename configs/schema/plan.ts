/** The normalised plan: what the client makes of pipeline and settings, and the workflow's input. Nothing in it is optional. */
import { z } from 'zod';
import { MatrixValue, OnFailure, Queue } from './pipeline.js';

/** A settings file that a task's settings came from, as it was on disk: relative path and sha256 of its bytes. */
export const SettingsFile = z.object({ path: z.string(), sha256: z.string() });
export type SettingsFile = z.infer<typeof SettingsFile>;

/** A setting whose value is another task's output: known once that task has ended. */
export const Reference = z.object({
  /** Where in the task's settings the output's path is put. */
  path: z.array(z.string()),
  /** As planned: the name of one leg where the task has a matrix. */
  task: z.string(),
  /** Name of the artifact. */
  output: z.string(),
});
export type Reference = z.infer<typeof Reference>;

/** Members with a default were added since the first version: plans of older runs are read without them. */
export const PlannedTask = z.object({
  name: z.string(),
  stage: z.int(),
  uses: z.string(),
  /** Of the activity's implementation, from the catalogue. */
  version: z.int(),
  /** sha256 of the folder that an activity of the project's own was read from; null for one of the product. */
  code: z.string().nullable().default(null),
  /** From the catalogue: reads what is not an artifact, so it is never reused. */
  outside: z.boolean(),
  needs: z.array(z.string()),
  queue: Queue,
  /** Which settings file `--set` addresses (`train` in `train.loop.pairs`); null for a task without settings. */
  kind: z.string().nullable(),
  /** Just the settings that the activity reads, all defaults and overrides applied. */
  settings: z.unknown(),
  settingsFiles: z.array(SettingsFile),
  /** Names of the artifacts that the activity reads (those it may do without among them), and of those it provides. */
  reads: z.array(z.string()),
  provides: z.array(z.string()),
  timeoutMs: z.int().positive(),
  heartbeatMs: z.int().positive().nullable(),
  /** Longest that it may wait for a worker, and that all its tries may take together; null: for ever. */
  queueTimeoutMs: z.int().positive().nullable().default(null),
  totalTimeoutMs: z.int().positive().nullable().default(null),
  retry: z.object({
    attempts: z.int().min(1),
    backoffMs: z.int().positive(),
    /** What the wait is multiplied by after each try, and its longest. */
    coefficient: z.number().min(1).default(2),
    maxBackoffMs: z.int().positive().default(300_000),
    /** Codes of failures that are not tried again, besides those that never are. */
    nonRetryable: z.array(z.string()).default([]),
  }),
  onFailure: OnFailure.default('stop-dependents'),
  /** Tasks that need it run without it where a person skips it. */
  optional: z.boolean().default(false),
  /** What a person has to look at before it may run; null: nobody is asked. */
  approval: z.string().nullable().default(null),
  /** The values of this leg of a matrix, by the matrix's keys; null for a task without one. */
  leg: z.record(z.string(), MatrixValue).nullable().default(null),
  /** Names of the environment variables that the worker must have and that the activity may read; never their values. */
  env: z.array(z.string()).default([]),
  references: z.array(Reference).default([]),
});
export type PlannedTask = z.infer<typeof PlannedTask>;

export const Plan = z.object({
  version: z.literal(1),
  pipeline: z.string(),
  /** Relative path of the pipeline's file. */
  file: z.string(),
  /** In an order in which every task comes after those it needs. */
  tasks: z.array(PlannedTask),
  /** sha256 over all of the above. */
  hash: z.string(),
});
export type Plan = z.infer<typeof Plan>;

/** One `--set path=value`: `path` begins with the settings kind, `value` is what YAML makes of the text. */
export const Override = z.object({ path: z.string(), value: z.unknown() });
export type Override = z.infer<typeof Override>;
