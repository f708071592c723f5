/** Puts an entry into the changelog's file. Runs that end together wait for each other, so that no entry is lost. */
import { readFile } from 'node:fs/promises';
import { isAbout, Problem } from '../../configs/problem.js';
import { writeFileAtomically } from '../files/atomic.js';
import { lockPath, withLock } from '../files/lock.js';
import { placeEntry } from './file.js';

export interface Changelog {
  /** Absolute project root. */
  readonly root: string;
  /** Absolute path of the file. */
  readonly path: string;
  /** The file as the settings name it. */
  readonly file: string;
}

/**
 * @param marker the run's name, or what stands for it ({@link placeEntry})
 * @throws Problem CONFLICT where the file cannot take the entry, or another process keeps it locked; DISK_FULL.
 */
export async function enterInChangelog(
  { root, path, file }: Changelog,
  marker: string,
  entry: string,
  signal?: AbortSignal,
): Promise<void> {
  const write = async (): Promise<void> => writeFileAtomically(path, placeEntry(await readIfThere(path), marker, entry, file));
  await withLock(lockPath(root, `changelog ${file}`), write, signal === undefined ? {} : { signal });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbout(error, 'ENOENT')) return null;
    if (isAbout(error, 'EISDIR'))
      throw new Problem({ code: 'CONFLICT', message: 'is a folder', where: path, cure: 'set changelog.file to a Markdown file' });
    throw error;
  }
}
