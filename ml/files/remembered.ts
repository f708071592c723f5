/**
 * A map in a file of the cache: what was found out once and can be found out again. It may be lost at any time, so nothing here ends a
 * task: a file that is damaged counts as none, one that cannot be written is left as it was, and both are told.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf } from '../../configs/system-error.js';
import { writeFileAtomically } from './atomic.js';
import { LONGEST_TEXT, parseRecord, readRecordText, type Found } from './record.js';

/** Relative to the project root. */
const CACHE = '.emo-aen/cache';

export interface RememberedOptions<Value> {
  /** Absolute project root. */
  readonly root: string;
  /** Name of the file in the project's cache. Its first line is the sha256 of the rest, which is JSON. */
  readonly file: string;
  readonly value: z.ZodType<Value>;
  /** Most entries that are kept; those that were set longest ago go first. */
  readonly most: number;
  /** Told, in one sentence, what kept the file from being read or written. */
  readonly tell: (message: string) => void;
}

export class Remembered<Value> {
  /** What was set since the file was read or written last. */
  private fresh = new Map<string, Value>();

  private constructor(
    private readonly options: RememberedOptions<Value>,
    private readonly known: Map<string, Value>,
  ) {}

  static async open<Value>(options: RememberedOptions<Value>): Promise<Remembered<Value>> {
    return new Remembered(options, await readEntries(options));
  }

  get(key: string): Value | undefined {
    return this.known.get(key);
  }

  set(key: string, value: Value): void {
    this.known.set(key, value);
    this.fresh.set(key, value);
  }

  /** How many entries {@link save} would add. */
  get unsaved(): number {
    return this.fresh.size;
  }

  /** Adds what is new to what the file holds now: another process may have written it meanwhile. Does nothing where nothing is new. */
  async save(): Promise<void> {
    const { fresh } = this;
    if (fresh.size === 0) return;
    this.fresh = new Map();
    const { root, file, most, tell } = this.options;
    const entries = await readEntries({ ...this.options, tell: () => undefined }); // what is wrong with it was told when it was opened
    for (const [key, value] of fresh) {
      entries.delete(key);
      entries.set(key, value);
    }
    const body = JSON.stringify([...entries].slice(-most));
    try {
      await writeFileAtomically(join(root, CACHE, file), `${digestOf(body)}\n${body}\n`);
    } catch (error) {
      tell(`${CACHE}/${file} cannot be written (${reasonOf(error)}): what it would remember is found out anew next time`);
    }
  }
}

async function readEntries<Value>({ root, file, value, tell }: RememberedOptions<Value>): Promise<Map<string, Value>> {
  const found = await readRecordText(join(root, CACHE, file), LONGEST_TEXT).catch((error: unknown) => {
    tell(`${CACHE}/${file} cannot be read (${reasonOf(error)}): what it remembers is found out anew`);
    return null;
  });
  if (found === null || found.is === 'absent') return new Map();
  const entries = found.is === 'sound' ? parseEntries(found.value, value) : found;
  if (entries.is === 'sound') return new Map(entries.value);
  if (entries.is === 'damaged') tell(`${CACHE}/${file} ${entries.why}: what it remembered is found out anew`);
  return new Map();
}

const DAMAGED = 'is damaged or of another version';

function parseEntries<Value>(text: string, value: z.ZodType<Value>): Found<[string, Value][]> {
  const body = text.slice(text.indexOf('\n') + 1).trimEnd();
  if (!text.startsWith(`${digestOf(body)}\n`)) return { is: 'damaged', why: DAMAGED };
  return parseRecord(body, z.array(z.tuple([z.string(), value])));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
