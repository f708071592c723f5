/** What travels between workflow and activities: settings and references to files, never data (design §4). */
import { z } from 'zod';
import { PlannedName, RunName } from './names.js';
import { InnerPath } from './path.js';
import { PlannedTask } from './plan.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A file that a task produced. `path` is relative to the project root, with `/`; `bytes` is its size. */
export const Artifact = z.object({
  name: z.string(),
  path: InnerPath,
  sha256,
  bytes: z.int().nonnegative(),
});
export type Artifact = z.infer<typeof Artifact>;

/** Small facts that a person wants to see in `status`: numbers, words, never arrays of data. */
export const Summary = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type Summary = z.infer<typeof Summary>;

/** What an activity gives back to the workflow. */
export const TaskOutput = z.object({
  artifacts: z.array(Artifact),
  summary: Summary,
  /** Things a person should know and that did not fail the task (weights were random, no GPU, logs not uploaded). */
  warnings: z.array(z.string()),
});
export type TaskOutput = z.infer<typeof TaskOutput>;

/** What the workflow hands to an activity. `artifacts` are those that the catalogue says the activity reads. */
export const TaskInput = z.object({
  run: RunName,
  task: PlannedName,
  settings: z.unknown(),
  artifacts: z.array(Artifact),
  /** `progress`: the activity's own progress is its heartbeat, so that a stall is noticed; `alive`: that its worker lives is enough. */
  heartbeat: z.enum(['progress', 'alive']),
  /** As planned. */
  ...PlannedTask.pick({ env: true, code: true }).shape,
});
export type TaskInput = z.infer<typeof TaskInput>;

/** Where a task stands, sent with each heartbeat: `done` of `total` in `unit`, `message` for people, free numbers for plots. */
export const Progress = z.object({
  message: z.string(),
  done: z.number().optional(),
  total: z.number().optional(),
  unit: z.string().optional(),
  /** Seconds left, estimated. */
  secondsLeft: z.number().optional(),
  numbers: z.record(z.string(), z.number()).optional(),
});
export type Progress = z.infer<typeof Progress>;
