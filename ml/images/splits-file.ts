/** Reads and locks `docs/splits.json`. */
import { readFile } from 'node:fs/promises';
import { isAbout } from '../../configs/problem.js';
import { check } from '../../configs/load/check.js';
import { Diagnostics } from '../../configs/load/diagnostics.js';
import { fileSource } from '../../configs/load/located.js';
import { parseMap } from '../../configs/load/parse.js';
import type { Finding } from '../../configs/schema/audit.js';
import { Assignments, LockedSplits } from '../../configs/schema/splits.js';
import { writeJsonAtomically } from '../files/atomic.js';
import { finding } from './findings.js';

/** What the splits file says; `assignments` is null where it says nothing that can be used, and findings say why. */
export interface SplitsRead {
  readonly assignments: Assignments | null;
  /** Of the set that the splits are locked to; null where they are not locked. */
  readonly datasetHash: string | null;
  readonly findings: readonly Finding[];
}

/**
 * @param path absolute; `shown` is what people call it. Both forms are read: `{version, datasetHash, splits}` and the plain map
 * from folder to split. A folder that is named twice is found, which JSON.parse would pass over.
 */
export async function readSplits(path: string, shown: string): Promise<SplitsRead> {
  const nothing = (...findings: Finding[]): SplitsRead => ({ assignments: null, datasetHash: null, findings });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!isAbout(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) throw error;
    return nothing(finding('splits-missing', shown, `cannot be read (${error.code})`));
  }
  const found = new Diagnostics();
  const map = parseMap(fileSource(shown, text), found);
  const read =
    map === null ? null : map.entries.has('version') ? check(LockedSplits, map, found) : lockless(check(Assignments, map, found));
  if (read === null || !found.empty) {
    return nothing(
      ...found.list().map(({ line, column, message }) => finding('splits-unreadable', shown, `${line}:${column}: ${message}`)),
    );
  }
  return { assignments: read.splits, datasetHash: read.datasetHash ?? null, findings: [] };
}

function lockless(assignments: Assignments | null): LockedSplits | null {
  return assignments === null ? null : { version: 1, splits: assignments };
}

/** Writes the splits, locked to the set whose hash is given. */
export async function lockSplits(path: string, { datasetHash, splits }: { datasetHash: string; splits: Assignments }): Promise<void> {
  await writeJsonAtomically(path, { version: 1, datasetHash, splits } satisfies LockedSplits);
}
