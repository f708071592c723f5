/**
 * The door of the workflow: its input and every request are parsed before anything is decided by them. What another program, or another
 * version, sends in another shape ends the run, or is refused, with the place that is wrong; it never fails workflow tasks for ever.
 */
import { ApplicationFailure } from '@temporalio/workflow';
import { z } from 'zod';
import { Ledger } from '../configs/schema/ledger.js';
import { PlannedName, RunName } from '../configs/schema/names.js';
import { TaskOutput } from '../configs/schema/payload.js';
import { Override, Plan, PlannedTask } from '../configs/schema/plan.js';
import type { ReuseCandidate } from './decide.js';
import type { PipelineInput } from './input.js';
import type { ApproveRequest, PersonRequest, RetryRequest, SkipRequest, UntilRequest } from './messages.js';

const Candidate = z.object({
  task: z.string(),
  fromRun: RunName,
  uses: z.string(),
  version: z.int(),
  code: z.string().nullable(),
  settings: z.unknown(),
  inputs: z.array(z.object({ name: z.string(), sha256: z.string() })),
  fingerprint: z.string(),
  output: TaskOutput,
}) satisfies z.ZodType<ReuseCandidate>;

/** Members without which an input is none of a run, {@link PipelineInput}. */
export const INPUT = z.object({
  run: RunName,
  number: z.int().positive(),
  plan: Plan.extend({ tasks: z.array(PlannedTask.extend({ name: PlannedName })) }),
  candidates: z.array(Candidate),
  fresh: z.boolean(),
  until: z.string().nullable(),
  overrides: z.array(Override),
  by: z.string(),
  attributes: z.boolean(),
  carried: z
    .object({
      ledger: Ledger,
      paused: z.boolean(),
      former: z.array(Candidate),
      forced: z.array(z.string()),
      reasons: z.record(z.string(), z.array(z.string())),
    })
    .nullable(),
}) satisfies z.ZodType<PipelineInput>;

const by = z.string();
const choice = { tasks: z.array(z.string()), stage: z.int().nullable() };

export const PERSON = z.object({ by }) satisfies z.ZodType<PersonRequest>;
export const RETRY = z.object({
  ...choice,
  plan: z.array(PlannedTask),
  overrides: z.array(Override),
  by,
}) satisfies z.ZodType<RetryRequest>;
export const SKIP = z.object({ ...choice, reason: z.string(), by }) satisfies z.ZodType<SkipRequest>;
export const APPROVE = z.object({ task: z.string(), by }) satisfies z.ZodType<ApproveRequest>;
export const UNTIL = z.object({ task: z.string().nullable(), by }) satisfies z.ZodType<UntilRequest>;

/** The type of the failure that such an input, or request, is answered with. */
export const MALFORMED = 'MALFORMED';
const CURE = 'let client and workers be of one version: emo-aen down, then emo-aen up';
/** Faults that one message tells. */
const TOLD = 5;

/** @throws ApplicationFailure {@link MALFORMED}, which is not tried again, with the first places that are wrong. */
export function parse<Schema extends z.ZodType>(schema: Schema, given: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, TOLD).map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`);
  const message = `this is not ${what} of this version: ${faults.join('; ')}`;
  // A client believes the details alone, which are sealed.
  throw ApplicationFailure.nonRetryable(message, MALFORMED, { message, cure: CURE });
}
