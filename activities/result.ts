/**
 * The door for what a task says: its result and its progress are parsed before anything is recorded. What passes it fits the ledger,
 * the log and one message to Temporal's server.
 */
import { types } from 'node:util';
import { z } from 'zod';
import { MOST_BYTES } from '../configs/cut.js';
import { Problem } from '../configs/problem.js';
import type { Progress } from '../configs/schema/payload.js';
import type { TaskResult } from './task.js';

const MOST_NAME = 200;
const MOST_ENTRIES = 100;
const MOST_ARTIFACTS = 1_000;
/** Of summary and warnings together. Temporal refuses 2 MB; the ledger carries those of all tasks. */
const MOST_TOTAL_BYTES = 256 * 1024;
/** Faults that one message tells. */
const TOLD = 5;

const text = z.string().refine((value) => Buffer.byteLength(value) <= MOST_BYTES, `at most ${MOST_BYTES / 1024} KiB`);
const name = z.string().max(MOST_NAME);
const few = <Value extends z.ZodType>(value: Value) =>
  z.record(name, value).refine((record) => Object.keys(record).length <= MOST_ENTRIES, `at most ${MOST_ENTRIES} members`);

/** What a task returns: {@link TaskResult}. */
export const Returned = z
  .strictObject({
    artifacts: z.array(z.strictObject({ name, path: z.string(), target: z.string().optional() })).max(MOST_ARTIFACTS),
    summary: few(z.union([text, z.number(), z.boolean(), z.null()])),
    warnings: z.array(text).max(MOST_ENTRIES).optional(),
  })
  .refine(
    ({ summary, warnings }) => Buffer.byteLength(JSON.stringify([summary, warnings])) <= MOST_TOTAL_BYTES,
    `summary and warnings together: at most ${MOST_TOTAL_BYTES / 1024} KiB`,
  );

const Told = z.strictObject({
  message: text,
  done: z.number().optional(),
  total: z.number().optional(),
  unit: name.optional(),
  secondsLeft: z.number().optional(),
  numbers: few(z.number()).optional(),
});

const RETURN =
  "return { artifacts: [{ name, path }], summary: { … }, warnings: ['…'] }: a summary holds texts, finite numbers, true, false and null";
const TELL =
  'call progress({ message, done, total, unit, secondsLeft, numbers }): a text, finite numbers, and in `numbers` finite numbers by name';

/** @param where the file of the activity @throws Problem RESULT that names each member that is wrong. */
export function parseResult(returned: unknown, where: string): TaskResult {
  const { artifacts, summary, warnings } = parse(Returned, returned, 'what the task returned', where, RETURN);
  return { artifacts, summary, ...(warnings === undefined ? {} : { warnings }) };
}

/** @throws as {@link parseResult}. */
export function parseProgress(told: unknown, where: string): Progress {
  return parse(Told, told, 'progress', where, TELL);
}

/** @throws Problem RESULT where the task did not make what it provides, or something else. */
export function insistOnAll(where: string, provides: readonly string[], { artifacts }: TaskResult): void {
  const names = new Set(artifacts.map((file) => file.name));
  const other = [...names].find((made) => !provides.includes(made));
  if (other !== undefined) {
    const cure = `add ${JSON.stringify(other)} to \`provides\`, or leave it out of \`artifacts\``;
    throw new Problem({ code: 'RESULT', message: `the task made ${other}, which it does not provide`, where, cure });
  }
  const absent = provides.filter((name) => !names.has(name));
  if (absent.length === 0) return;
  const cure = `return each of them in \`artifacts\`: [{ name: '${absent[0]}', path }]`;
  throw new Problem({ code: 'RESULT', message: `the task ended without ${absent.join(', ')}`, where, cure });
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string, where: string, cure: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => faultOf(issue, value));
  const more = faults.length > TOLD ? ` (and ${faults.length - TOLD} more)` : '';
  throw new Problem({ code: 'RESULT', message: `${what} is wrong: ${faults.slice(0, TOLD).join('; ')}${more}`, where, cure });
}

/** `summary.classes: a list is not allowed`. */
function faultOf(issue: z.core.$ZodIssue, whole: unknown): string {
  const path = issue.path.map(String).join('.');
  const place = path === '' ? '' : `${path}: `;
  const value = issue.path.reduce<unknown>((part, step) => (isObject(part) ? Reflect.get(part, step) : undefined), whole);
  switch (issue.code) {
    case 'custom':
      return `${place}${issue.message}`;
    case 'too_big':
      return `${place}at most ${issue.maximum} ${issue.origin === 'string' ? 'characters' : 'members'}`;
    case 'invalid_key':
      return `${place}the name is longer than ${MOST_NAME} characters`;
    case 'unrecognized_keys':
      return `${place}unknown ${issue.keys.map((key) => `\`${key}\``).join(', ')}`;
    case 'invalid_union': {
      // A text that is too long is the only value of the right kind that the union refuses.
      if (typeof value === 'string') return `${place}at most ${MOST_BYTES / 1024} KiB`;
      return `${place}${inWords(value)} is not allowed`;
    }
    default:
      return value === undefined ? `${place}missing` : `${place}${inWords(value)} is not allowed`;
  }
}

function inWords(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (types.isPromise(value) || (isObject(value) && typeof Reflect.get(value, 'then') === 'function')) {
    return 'a promise (is an `await` missing?)';
  }
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value);
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
