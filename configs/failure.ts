/**
 * One record of what went wrong. Every border that an error crosses carries this record: threads, processes, Temporal.
 * It holds plain texts of bounded size, whatever was thrown.
 */
import { inspect } from 'node:util';
import { z } from 'zod';
import { cut } from './cut.js';
import { codesInWords, isProblemCode, Problem, PROBLEM_CODES, type ProblemCode } from './problem.js';

/** Most causes that are kept, the outermost first, and most errors of an AggregateError. */
export const MOST_CAUSES = 10;

/** The code of a defect. */
export const UNEXPECTED = 'UNEXPECTED';

const Cause = z.object({ name: z.string(), message: z.string(), stack: z.string().optional() });

export const FailureRecord = z.object({
  code: z.enum([UNEXPECTED, ...(Object.keys(PROBLEM_CODES) as ProblemCode[])]),
  /** Of the error's class. */
  name: z.string(),
  message: z.string(),
  where: z.string().optional(),
  cure: z.string().optional(),
  /** Of a defect only: a Problem tells a person what to do, and needs none. */
  stack: z.string().optional(),
  causes: z.array(Cause).max(MOST_CAUSES),
});
export type FailureRecord = z.infer<typeof FailureRecord>;
type Cause = z.infer<typeof Cause>;

/** Replaces what nobody may see in a text. It gets whole texts: half of a secret would not be found. */
export type Hide = (text: string) => string;

/** A defect that was recorded elsewhere. {@link recordOf} gives the same record again. */
class RecordedError extends Error {
  constructor(
    readonly record: FailureRecord,
    cause: Error | undefined,
  ) {
    super(record.message, cause === undefined ? {} : { cause });
    this.name = record.name;
    this.stack = record.stack ?? `${record.name}: ${record.message}`;
  }
}

/** The record of anything that can be thrown. Never throws. */
export function recordOf(thrown: unknown, hide: Hide = (text) => text): FailureRecord {
  const text = (value: unknown): string => cut(hide(typeof value === 'string' ? value : shown(value)));
  if (isA(RecordedError, thrown)) return mapTexts(thrown.record, text);
  const causes = causesOf(thrown, text);
  if (isA(Problem, thrown)) return { ...problemOf(thrown, text), causes };
  return { code: UNEXPECTED, ...errorTexts(thrown, text), causes };
}

/** The error that a record stands for: a {@link Problem}, or an Error with its name, stack and causes. */
export function errorOf(record: FailureRecord): Error {
  const { code, message, where, cure, causes } = record;
  const cause = causes.reduceRight<Error | undefined>((inner, { name, message: words, stack }) => {
    const outer = new Error(words, inner === undefined ? {} : { cause: inner });
    outer.name = name;
    outer.stack = stack ?? `${name}: ${words}`;
    return outer;
  }, undefined);
  if (code === UNEXPECTED) return new RecordedError(record, cause);
  const place = where === undefined ? {} : { where };
  return new Problem({ code, message, ...place, ...(cure === undefined ? {} : { cure }), ...(cause === undefined ? {} : { cause }) });
}

function mapTexts({ code, causes, ...rest }: FailureRecord, text: (value: string) => string): FailureRecord {
  const mapped = <Texts extends Partial<Record<string, string>>>(texts: Texts): Texts =>
    Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, value === undefined ? value : text(value)])) as Texts;
  return { code, ...mapped(rest), causes: causes.map((cause) => mapped(cause)) };
}

function problemOf(problem: Problem, text: (value: unknown) => string): Omit<FailureRecord, 'causes'> {
  const code = read(problem, 'code');
  const known = isProblemCode(code);
  const hint = known ? [] : [`${JSON.stringify(shown(code))} is no code of a Problem; use one of ${codesInWords()}`];
  const cures = [read(problem, 'cure') ?? [], hint].flat().map(shown);
  const where = read(problem, 'where');
  return {
    code: known ? code : UNEXPECTED,
    name: 'Problem',
    message: text(read(problem, 'message')),
    ...(where === undefined ? {} : { where: text(where) }),
    ...(cures.length === 0 ? {} : { cure: text(cures.join('; ')) }),
  };
}

function errorTexts(thrown: unknown, text: (value: unknown) => string): Cause {
  if (!isA(Error, thrown)) return { name: 'Error', message: text(thrown) };
  const stack = read(thrown, 'stack');
  return {
    name: text(read(thrown, 'name') ?? 'Error'),
    message: text(wordsOf(thrown)),
    ...(typeof stack === 'string' ? { stack: text(stack) } : {}),
  };
}

/** The chain of causes, which may be anything and may lead back to itself. */
function causesOf(thrown: unknown, text: (value: unknown) => string): Cause[] {
  const seen = new Set([thrown]);
  const causes: Cause[] = [];
  for (let next = causeOf(thrown); causes.length < MOST_CAUSES && next !== undefined && !seen.has(next); next = causeOf(next)) {
    seen.add(next);
    causes.push(errorTexts(next, text));
  }
  return causes;
}

function causeOf(thrown: unknown): unknown {
  return isA(Error, thrown) ? (read(thrown, 'cause') ?? undefined) : undefined;
}

/** What an error says. Of several at once each is told: Temporal carries one message. */
function wordsOf(error: Error): string {
  const several = partsOf(error, new Set());
  const kept = several.slice(0, MOST_CAUSES + 1);
  const more = several.length - kept.length;
  return [...kept, ...(more === 0 ? [] : [`and ${more} more`])].join('; ');
}

function partsOf(thrown: unknown, seen: Set<unknown>): string[] {
  if (!isA(Error, thrown)) return [shown(thrown)];
  if (seen.has(thrown)) return [];
  seen.add(thrown);
  const own = shown(read(thrown, 'message') ?? '');
  const errors = read(thrown, 'errors');
  const parts = isA(AggregateError, thrown) && Array.isArray(errors) ? errors.flatMap((each) => partsOf(each, seen)) : [];
  if (own === '' && parts.length === 0) return [shown(read(thrown, 'name') ?? 'Error')];
  return own === '' ? parts : [own, ...parts];
}

/** A value in words; a text as it is. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    // Whole texts: what is hidden must be found, and the result is cut anyway.
    return inspect(value, { maxStringLength: Infinity, breakLength: Infinity });
  } catch {
    return 'a value that cannot be read';
  }
}

/** A member that a getter or a proxy may refuse to tell. */
function read(source: object, name: string): unknown {
  try {
    return Reflect.get(source, name);
  } catch {
    return undefined;
  }
}

function isA<Instance>(kind: abstract new (...args: never[]) => Instance, value: unknown): value is Instance {
  try {
    return value instanceof kind;
  } catch {
    return false;
  }
}
