/** Finds and removes what nothing needs, file by file. */
import { unlink } from 'node:fs/promises';
import { isAbout } from '../../configs/problem.js';
import { pathBelow } from '../../ml/files/place.js';
import { readLedgers } from '../candidates.js';
import type { TemporalLink } from '../temporal.js';
import { neededBuilds } from '../versions.js';
import { findLitter, KINDS, type Kind, type Litter } from './litter.js';

/** So many ended runs of each pipeline stay whole where nothing else is said. */
export const KEEP = 3;

export interface Sum {
  readonly kind: Kind;
  readonly files: number;
  readonly bytes: number;
}

/** @param link null where no server can be asked: workflow code then stays */
export async function litterIn(root: string, keep: number, link: TemporalLink | null, tell: (text: string) => void): Promise<Litter[]> {
  let complete = true;
  const ledgers = await readLedgers(root, (text) => {
    complete = false;
    tell(text);
  });
  return findLitter({ root, ledgers, complete, keep, builds: link === null ? null : await neededBuilds(link) });
}

/** Removes the files. @throws Problem CONFLICT where a folder on the way has become a link out of the project. */
export async function removeLitter(root: string, litter: readonly Litter[]): Promise<void> {
  for (const { path } of litter) {
    const place = await pathBelow(root, path, { where: path, cure: `look where it leads: ls -ld ${path}` });
    await unlink(place).catch((error: unknown) => {
      if (!isAbout(error, 'ENOENT')) throw error;
    });
  }
}

/** By kind; kinds of which there is nothing are left out. */
export function sums(litter: readonly Litter[]): Sum[] {
  return KINDS.map((kind) => {
    const files = litter.filter((each) => each.kind === kind);
    return { kind, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }).filter(({ files }) => files > 0);
}
