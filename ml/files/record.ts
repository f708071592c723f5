/**
 * The one reader of the product's own small JSON files. A full disk, a power cut or another program can leave such a file empty, cut,
 * or as a folder: then the file is damaged, which is a state like any other and never an exception.
 */
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { isAbout, Problem } from '../../configs/problem.js';

export type Found<Value> =
  | { readonly is: 'absent' }
  /** `why` completes the sentence "this file …". */
  | { readonly is: 'damaged'; readonly why: string }
  | { readonly is: 'sound'; readonly value: Value };

/** Most bytes of a record, unless the caller says otherwise. A ledger of 500 tasks has 0.4 MB. */
const MOST_BYTES = 64 << 20;
/** Most bytes of a log, or of a record with an entry for each of hundreds of thousands of photos: JavaScript has no longer texts. */
export const LONGEST_TEXT = 500 << 20;

/**
 * What stands in the file at `path`. A file of another version does not fit `schema`, and counts as damaged.
 * @param mostBytes a larger file is damaged, and is not read
 * @throws the system's error where the file may not be read (EACCES) or the disk fails (EIO).
 */
export async function readRecord<Value>(path: string, schema: z.ZodType<Value>, mostBytes = MOST_BYTES): Promise<Found<Value>> {
  const found = await readRecordText(path, mostBytes);
  return found.is === 'sound' ? parseRecord(found.value, schema) : found;
}

/** {@link readRecord} for a text that is a record. */
export function parseRecord<Value>(text: string, schema: z.ZodType<Value>): Found<Value> {
  if (text.trim() === '') return damaged('is empty');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return damaged('is not valid JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { is: 'sound', value: parsed.data };
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  return damaged(`is damaged or of another version${at === '' ? '' : ` (${at})`}`);
}

/**
 * {@link readRecord} for who cannot go on without the file.
 * @param cure what makes the file again
 * @throws Problem ARTIFACT_MISSING where it is absent, ARTIFACT_ALTERED where it is damaged
 */
export async function needRecord<Value>(
  path: string,
  schema: z.ZodType<Value>,
  { cure, mostBytes = MOST_BYTES }: { readonly cure: string; readonly mostBytes?: number },
): Promise<Value> {
  const found = await readRecord(path, schema, mostBytes);
  if (found.is === 'sound') return found.value;
  if (found.is === 'absent') throw new Problem({ code: 'ARTIFACT_MISSING', message: 'this file is not there', where: path, cure });
  throw new Problem({ code: 'ARTIFACT_ALTERED', message: `this file ${found.why}`, where: path, cure });
}

/**
 * {@link readRecord} for who makes the file anew: a damaged one is set aside as `<name>.damaged-<time>` and reported, and counts as absent.
 * @param tell gets one sentence
 */
export async function takeRecord<Value>(path: string, schema: z.ZodType<Value>, tell = onStderr): Promise<Value | null> {
  const found = await readRecord(path, schema);
  if (found.is === 'sound') return found.value;
  if (found.is === 'damaged') tell(`${path} ${found.why}: kept as ${basename(await setAside(path))}, and made again`);
  return null;
}

/** Where remarks about damaged records go unless the caller has a better place. */
export function onStderr(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Renames what stands at `path` to `<name>.damaged-<time>` beside it, and gives the new path. */
export async function setAside(path: string): Promise<string> {
  const aside = join(dirname(path), `${basename(path)}.damaged-${new Date().toISOString().replaceAll(/[-:.]/g, '')}`);
  await rename(path, aside);
  return aside;
}

function damaged(why: string): { is: 'damaged'; why: string } {
  return { is: 'damaged', why };
}

/** The text of a file of the product's own, which is more than JSON; as {@link readRecord} reads it. */
export async function readRecordText(path: string, mostBytes = MOST_BYTES): Promise<Found<string>> {
  try {
    // Without O_NONBLOCK a named pipe would hold the reader for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const facts = await file.stat();
      if (facts.isDirectory()) return damaged('is a folder');
      if (!facts.isFile()) return damaged('is not a regular file');
      if (facts.size > mostBytes) return damaged(`has ${facts.size} bytes, more than ${mostBytes}`);
      return { is: 'sound', value: new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile()) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ENOTDIR')) return { is: 'absent' };
    if (isAbout(error, 'ELOOP')) return damaged('is a link to itself');
    if (isAbout(error, 'ENXIO')) return damaged('is not a regular file');
    if (error instanceof TypeError) return damaged('is not text');
    throw error;
  }
}
