/** Folders that a process fills under a name of its own before they get theirs: what a killed one left half made. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout } from '../../configs/problem.js';

/** Removes what stands in `folder` under `prefix` and the id of a process that is no more. */
export async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return [];
    throw error;
  });
  for (const name of names) {
    const owner = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (/^\d+$/.test(owner) && !isAlive(Number(owner))) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isAbout(error, 'EPERM');
  }
}
