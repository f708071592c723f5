/** Folders in the cache that are whole or do not count: a mark is written last, and a folder without one is made anew. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const MARK = '.complete';

/** @param {string} folder */
export function isFinished(folder) {
  return existsSync(join(folder, MARK));
}

/** Says that a folder is whole. @param {string} folder */
async function finish(folder) {
  await writeFile(join(folder, MARK), '');
}

/**
 * Makes a folder at its own place, for what cannot be moved afterwards (a Python environment knows its path).
 * @param {string} folder
 * @param {() => Promise<void>} make
 */
export async function makeInPlace(folder, make) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await make();
  await finish(folder);
}

/**
 * Makes a folder under another name beside it and renames it once it is whole; what an interrupted try left is removed.
 * @param {string} folder
 * @param {(temporary: string) => Promise<void>} make
 */
export async function makeAside(folder, make) {
  await mkdir(dirname(folder), { recursive: true });
  await removeLeftovers(folder);
  const temporary = `${folder}.tmp-${process.pid}`;
  await mkdir(temporary);
  try {
    await make(temporary);
    await finish(temporary);
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @param {string} folder */
async function removeLeftovers(folder) {
  const prefix = `${basename(folder)}.tmp-`;
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(prefix)) await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}
