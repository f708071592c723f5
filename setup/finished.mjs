/** Folders in the cache that are whole or do not count: a mark is written last, and a folder without one is made anew. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncPath, writeDurably } from './json-file.mjs';

const MARK = '.complete';

/** @param {string} folder */
export function isFinished(folder) {
  return existsSync(join(folder, MARK));
}

/** Says that a folder is whole, once all that the mark vouches for would outlive a power cut. @param {string} folder */
async function finish(folder) {
  await syncTree(folder);
  await writeDurably(join(folder, MARK), '');
  await syncPath(dirname(folder));
}

/** Files first, then the folder that names them. What a link leads to belongs to somebody else. @param {string} folder */
async function syncTree(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncPath(path);
  }
  await syncPath(folder);
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
    await syncPath(dirname(folder));
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
