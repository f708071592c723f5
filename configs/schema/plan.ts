/** The normalised plan: what the client makes of pipeline and settings, and the workflow's input. Nothing in it is optional. */
import { z } from 'zod';
import { Queue } from './pipeline.js';

/** A settings file that a task's settings came from, as it was on disk: relative path and sha256 of its bytes. */
export const SettingsFile = z.object({ path: z.string(), sha256: z.string() });
export type SettingsFile = z.infer<typeof SettingsFile>;

export const PlannedTask = z.object({
  name: z.string(),
  stage: z.int(),
  uses: z.string(),
  /** Of the activity's implementation, from the catalogue. */
  version: z.int(),
  /** From the catalogue: looks at what no artifact stands for, so it is never reused. */
  outside: z.boolean(),
  needs: z.array(z.string()),
  queue: Queue,
  /** Which settings file `--set` addresses (`train` in `train.loop.pairs`); null for a task without settings. */
  kind: z.string().nullable(),
  /** Just the settings that the activity reads, all defaults and overrides applied. */
  settings: z.unknown(),
  settingsFiles: z.array(SettingsFile),
  /** Names of the artifacts that the activity reads, and of those it provides. */
  reads: z.array(z.string()),
  provides: z.array(z.string()),
  timeoutMs: z.int().positive(),
  heartbeatMs: z.int().positive().nullable(),
  retry: z.object({ attempts: z.int().min(1), backoffMs: z.int().positive() }),
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
