/** Reads and locks `docs/splits.json`. */
import { dirname, relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import { check } from '../../configs/load/check.js';
import { Diagnostics, quoted } from '../../configs/load/diagnostics.js';
import { fileSource } from '../../configs/load/located.js';
import { parseMap } from '../../configs/load/parse.js';
import type { Finding } from '../../configs/schema/audit.js';
import { Assignments, LockedSplits, PlainSplits, type FolderDigests } from '../../configs/schema/splits.js';
import { schemaFile } from '../../configs/json-schema.js';
import { writeFileAtomically } from '../files/atomic.js';
import { settingBelow } from '../files/place.js';
import { readTextBelow } from '../files/regular.js';
import { repeatedKey } from '../files/repeated-key.js';
import { finding } from './findings.js';
import { composed, composedKeys } from './names.js';

/** What the splits file says; `assignments` is null where it says nothing that can be used, and findings say why. */
export interface SplitsRead {
  readonly assignments: Assignments | null;
  /** Of the set that the splits are locked to; null where they are not locked. */
  readonly datasetHash: string | null;
  /** What each folder held when they were locked; null where the file does not say. */
  readonly folders: FolderDigests | null;
  readonly findings: readonly Finding[];
}

/** Bytes: 200,000 folders, whose digests are in it. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * @param shown the file, relative to the project root. Both forms are read: `{version, datasetHash, splits}` and the plain map
 * from folder to split, either with a line `$schema`. A folder that is named twice is found, which JSON.parse would pass over.
 */
export async function readSplits(root: string, shown: string): Promise<SplitsRead> {
  const nothing = (...findings: Finding[]): SplitsRead => ({ assignments: null, datasetHash: null, folders: null, findings });
  const given = await readTextBelow(root, shown, MOST_BYTES);
  if ('fault' in given) {
    const unreadable = given.fault !== 'missing' && given.fault !== 'unreadable';
    return nothing(finding(unreadable ? 'splits-unreadable' : 'splits-missing', shown, given.message));
  }
  const { text } = given;
  const sound = soundJson(text);
  const repeated = sound === null ? null : repeatedKey(text);
  if (repeated !== null) {
    const before = text.slice(0, repeated.offset).split('\n');
    const place = `${before.length}:${(before.at(-1) ?? '').length + 1}`;
    return nothing(finding('splits-unreadable', shown, `${place}: duplicate key ${quoted(repeated.key)}`));
  }
  const found = new Diagnostics();
  const read = sound ?? withPlaces(shown, text, found);
  if (read === null || !found.empty) {
    return nothing(
      ...found.list().map(({ line, column, message }) => finding('splits-unreadable', shown, `${line}:${column}: ${message}`)),
    );
  }
  const twice = namedTwice(Object.keys(read.splits));
  if (twice !== null) return nothing(finding('splits-unreadable', shown, `names the folder "${twice}" twice, composed (NFC) and not`));
  return {
    assignments: composedKeys(read.splits),
    datasetHash: read.datasetHash ?? null,
    folders: read.folders === undefined ? null : composedKeys(read.folders),
    findings: [],
  };
}

/** The splits of a file that has all that it should; null where a fault is to be named with its place. Takes a hundredth of the memory. */
function soundJson(text: string): LockedSplits | null {
  // The tree with places refuses this name, which objects cannot hold as they hold others.
  if (text.includes('__proto__')) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // the reader with places says what is wrong
  }
  if (isVersioned(value)) return LockedSplits.safeParse(value).data ?? null;
  return lockless(PlainSplits.safeParse(value).data ?? null);
}

function withPlaces(shown: string, text: string, found: Diagnostics): LockedSplits | null {
  const map = parseMap(fileSource(shown, text), found);
  if (map === null) return null;
  return map.entries.has('version') ? check(LockedSplits, map, found) : lockless(check(PlainSplits, map, found));
}

const isVersioned = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.hasOwn(value, 'version');

function namedTwice(folders: readonly string[]): string | null {
  const seen = new Set<string>();
  return folders.find((folder) => seen.size === seen.add(composed(folder)).size) ?? null;
}

function lockless(plain: z.infer<typeof PlainSplits> | null): LockedSplits | null {
  if (plain === null) return null;
  const { $schema: _, ...splits } = plain;
  return { version: 1, splits: Assignments.parse(splits) };
}

/** What is written: the splits, and the set that they are locked to as a whole and by folder. */
export interface Lock {
  readonly datasetHash: string;
  readonly splits: Assignments;
  readonly folders: FolderDigests;
}

/** Writes the splits file `shown` below the project root, locked to the set as it is. @throws Problem CONFLICT where it lies elsewhere. */
export async function lockSplits(root: string, shown: string, { datasetHash, splits, folders }: Lock): Promise<void> {
  const cure = 'set splits.file in configs/dataset.yaml to a file below the project root, and let no link lead out of it';
  const path = await settingBelow(root, shown, { where: shown, cure });
  const $schema = relative(dirname(path), resolve(root, schemaFile('splits')))
    .split(sep)
    .join('/');
  const head = JSON.stringify({ $schema, version: 1, datasetHash, splits } satisfies LockedSplits, null, 2);
  // A line for each folder, so that a person sees in a diff which one changed.
  const lines = Object.entries(folders).map(([folder, digest]) => `    ${JSON.stringify(folder)}: ${onOneLine(digest)}`);
  await writeFileAtomically(path, `${head.slice(0, -'\n}'.length)},\n  "folders": {\n${lines.join(',\n')}\n  }\n}\n`);
}

/** In JSON a line break never stands inside a text. */
const onOneLine = (value: unknown): string => JSON.stringify(value, null, 1).replaceAll(/\n */g, ' ');
