/** What a worker and the process that runs a task for it say to each other, checked on both sides. */
import { z } from 'zod';
import { FailureRecord } from '../../configs/failure.js';
import { Progress } from '../../configs/schema/payload.js';
import { Returned } from '../result.js';

/** A task for a process. */
export const ProcessTask = z.object({
  kind: z.literal('task'),
  /** An activity of the catalogue, or one of the project's own. */
  uses: z.string(),
  /** Of one of the project's own, the digest of its folder that the plan was made with; null for one of the catalogue. */
  code: z.string().nullable(),
  root: z.string(),
  run: z.string(),
  task: z.string(),
  folder: z.string(),
  attempt: z.int(),
  settings: z.unknown(),
  files: z.array(z.object({ name: z.string(), path: z.string(), digest: z.string() })),
  /** By name. */
  secrets: z.record(z.string(), z.string()),
});
export type ProcessTask = z.infer<typeof ProcessTask>;

/** One task at a time; `abort` stops the one that runs. */
export const ToProcess = z.discriminatedUnion('kind', [ProcessTask, z.object({ kind: z.literal('abort') })]);
export type ToProcess = z.infer<typeof ToProcess>;

export const FromProcess = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), progress: Progress }),
  z.object({ kind: z.literal('result'), result: Returned }),
  z.object({ kind: z.literal('failure'), failure: FailureRecord }),
]);
export type FromProcess = z.infer<typeof FromProcess>;

/** Beside the channel: a pipe on which nothing is said, and which ends with the worker. */
export const LIFELINE = 4;
