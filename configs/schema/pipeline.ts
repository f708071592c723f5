/** `configs/pipeline.yaml` as a person writes it: the DAG in the shape known from GitHub Actions (design §4). */
import { z } from 'zod';

/** `90s`, `10m`, `4h`, `500ms`. */
export const Duration = z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration such as 500ms, 30s, 10m, 4h, 2d');
/** Name of a task: what `status` shows and `retry` takes. */
export const TaskName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and dashes, beginning with a letter');
export const Queue = z.enum(['cpu', 'gpu']);
export type Queue = z.infer<typeof Queue>;

export const Retry = z.strictObject({
  attempts: z.int().min(1).optional(),
  backoff: Duration.optional(),
});

export const DeclaredTask = z.strictObject({
  stage: z.int().min(1).max(8),
  uses: z.string().min(1),
  needs: z.array(TaskName).optional(),
  queue: Queue.optional(),
  with: z.string().min(1).optional(),
  timeout: Duration.optional(),
  heartbeat: Duration.optional(),
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
