/** `configs/pipeline.yaml` as a person writes it: the DAG in the shape known from GitHub Actions (design §4). */
import { z } from 'zod';
import { PROBLEM_CODES, type ProblemCode } from '../problem.js';
import { PipelineName, PlannedName, TaskName } from './names.js';

/** `90s`, `10m`, `4h`, `500ms`. */
export const Duration = z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration such as 500ms, 30s, 10m, 4h, 2d');
export const Queue = z.enum(['cpu', 'gpu']);
export type Queue = z.infer<typeof Queue>;
/** What the failure of a task whose tries are spent does to the run: its dependents wait for a person, or the run ends as failed. */
export const OnFailure = z.enum(['stop-dependents', 'fail-fast']);
export type OnFailure = z.infer<typeof OnFailure>;
/** What a failure says of its kind: a {@link ProblemCode}, or `UNEXPECTED` for a defect. */
export const FailureCode = z.enum([...(Object.keys(PROBLEM_CODES) as ProblemCode[]), 'UNEXPECTED']);

export const Retry = z.strictObject({
  attempts: z.int().min(1).optional().describe('tries in all, the first among them; 3 if nothing is said'),
  backoff: Duration.optional().describe('wait before the second try; 5s if nothing is said'),
  coefficient: z.number().min(1).max(100).optional().describe('what the wait is multiplied by after each try; 2 if nothing is said'),
  maxBackoff: Duration.optional().describe('the longest wait; 5m, or the first wait where that is longer, if nothing is said'),
  nonRetryable: z
    .array(FailureCode)
    .optional()
    .describe('codes of failures that are not tried again, besides those that never are (configs/problem.ts)'),
});

/** One value of a matrix. */
export const MatrixValue = z.union([z.string(), z.number(), z.boolean()]);
export type MatrixValue = z.infer<typeof MatrixValue>;
const MatrixValues = z.record(z.string(), MatrixValue);

export const Matrix = z
  .object({
    exclude: z.array(MatrixValues).optional().describe('legs to leave out: all that have these values'),
    include: z.array(MatrixValues).optional().describe('legs to add, each with a value for every key'),
  })
  .catchall(z.array(MatrixValue).min(1).describe('the values of one key'));

const limits = {
  queue: Queue.optional().describe('gpu: one at a time, on the worker that has the accelerator; cpu if nothing is said'),
  timeout: Duration.optional().describe('of one try; 10m if nothing is said'),
  queueTimeout: Duration.optional().describe('longest wait for a worker; for ever if nothing is said'),
  totalTimeout: Duration.optional().describe('of all tries and the waits between them; none if nothing is said'),
  heartbeat: Duration.optional().describe('without progress for so long, the try is given up and the next begins'),
  retry: Retry.optional().describe('how often, and after which waits, it is tried again'),
  onFailure: OnFailure.optional().describe(
    'when its tries are spent: stop-dependents, if nothing is said, lets all others go on and waits for a person; fail-fast ends the run',
  ),
};

export const DeclaredTask = z.strictObject({
  stage: z.int().min(1).max(8).optional().describe("the method's stage that the task belongs to: its activity's, if nothing is said"),
  uses: z.string().min(1).describe('the activity that does the work: one of the product, or a folder under activities/'),
  needs: z
    .array(PlannedName)
    .optional()
    .describe('tasks, or legs of their matrices, that must be done first; it starts as soon as all are'),
  with: z.string().min(1).optional().describe('its settings file, relative to this one'),
  set: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('single settings of this task, laid on its file: `train.seed: 7`; --set on the command line is laid on both'),
  matrix: Matrix.optional().describe('lists of values by key: the task is done once for each combination, at most 256'),
  ...limits,
  optional: z.boolean().optional().describe('true: a person may skip it, and those that need it then run without it'),
  approval: z.string().min(1).optional().describe('what a person has to look at, and approve, before it runs'),
  env: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable'))
    .optional()
    .describe('names of environment variables (secrets) that the worker must have and the activity may read'),
});

export const Pipeline = z.strictObject({
  version: z.literal(1).describe('of this language'),
  name: PipelineName.describe('what runs are named after'),
  defaults: z.strictObject(limits).optional().describe('for every task that says nothing else'),
  tasks: z.record(TaskName, DeclaredTask).describe('the DAG: every task by its name'),
});
export type Pipeline = z.infer<typeof Pipeline>;
