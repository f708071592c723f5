/** `configs/pipeline.yaml` as a person writes it: the DAG in the shape known from GitHub Actions (design §4). */
import { z } from 'zod';

/** `90s`, `10m`, `4h`, `500ms`. */
export const Duration = z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration such as 500ms, 30s, 10m, 4h, 2d');
/** Name of a task: what `status` shows and `retry` takes. */
export const TaskName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and dashes, beginning with a letter');
export const Queue = z.enum(['cpu', 'gpu']);
export type Queue = z.infer<typeof Queue>;
/** What the failure of a task whose tries are spent does to the run: its dependents wait for a person, or the run ends as failed. */
export const OnFailure = z.enum(['stop-dependents', 'fail-fast']);
export type OnFailure = z.infer<typeof OnFailure>;

export const Retry = z.strictObject({
  attempts: z.int().min(1).optional().describe('tries in all, the first among them; 3 if nothing is said'),
  backoff: Duration.optional().describe('wait before the second try, doubled each time; 5s if nothing is said'),
});

export const DeclaredTask = z.strictObject({
  stage: z.int().min(1).max(8).describe("the method's stage that the task belongs to"),
  uses: z.string().min(1).describe('the activity that does the work'),
  needs: z.array(TaskName).optional().describe('tasks that must be done first; it starts as soon as all are'),
  queue: Queue.optional().describe('gpu: one at a time, on the worker that has the accelerator; cpu if nothing is said'),
  with: z.string().min(1).optional().describe('its settings file, relative to this one'),
  timeout: Duration.optional().describe('of one try; 10m if nothing is said'),
  heartbeat: Duration.optional().describe('without progress for so long, the try is given up and the next begins'),
  retry: Retry.optional(),
});

export const Pipeline = z.strictObject({
  version: z.literal(1),
  name: TaskName,
  defaults: z
    .strictObject({ queue: Queue.optional(), timeout: Duration.optional(), heartbeat: Duration.optional(), retry: Retry.optional() })
    .optional(),
  tasks: z.record(TaskName, DeclaredTask),
});
export type Pipeline = z.infer<typeof Pipeline>;
