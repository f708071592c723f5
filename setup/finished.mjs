/**
 * Folders in the cache that are whole or do not count. A mark is written last. It holds the sha256 of each file directly in the
 * folder, which is hashed again before a library is loaded (ml/addon.ts). A folder without a mark is made anew.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readJson, syncPath, writeDurably } from './json-file.mjs';

export const MARK = '.complete';

/**
 * @typedef {object} Mark
 * @property {Record<string, { sha256: string, bytes: number }>} files each file directly in the folder, by its name
 * @property {readonly string[]} beside names of folders beside it, whose libraries the folder's own are linked to
 */

/**
 * Whether a folder, and each beside it that it needs, has its mark and files of the sizes that the mark tells. Other bytes of the
 * same number are found when a library is loaded: hashing all of them takes seconds.
 * @param {string} folder
 * @returns {Promise<boolean>}
 */
export async function isFinished(folder) {
  const mark = await readJson(join(folder, MARK));
  if (mark === null || !isRecord(mark['files']) || !Array.isArray(mark['beside'])) return false;
  for (const [name, file] of Object.entries(mark['files'])) {
    const found = await stat(join(folder, name)).catch(ifAbsent);
    if (found?.isFile() !== true || found.size !== file?.bytes) return false;
  }
  for (const name of mark['beside']) if (!(await isFinished(join(dirname(folder), name)))) return false;
  return true;
}

/** @param {unknown} value */
function isRecord(value) {
  return typeof value === 'object' && value !== null;
}

/** @param {NodeJS.ErrnoException} error */
function ifAbsent(error) {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/**
 * Says that a folder is whole, once all that the mark vouches for would outlive a power cut.
 * @param {string} folder
 * @param {readonly string[]} beside
 */
async function finish(folder, beside) {
  await syncTree(folder);
  /** @type {Mark} */
  const mark = { files: {}, beside };
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile()) mark.files[entry.name] = await digestOf(join(folder, entry.name));
  }
  await writeDurably(join(folder, MARK), `${JSON.stringify(mark, null, 2)}\n`);
  await syncPath(dirname(folder));
}

/** @param {string} path */
async function digestOf(path) {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), async (chunks) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return { sha256: hash.digest('hex'), bytes };
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
  await finish(folder, []);
}

/**
 * Makes a folder under another name beside it and renames it once it is whole; what an interrupted try left is removed.
 * @param {string} folder
 * @param {(temporary: string) => Promise<void>} make
 * @param {readonly string[]} beside names of folders beside it, whose libraries the folder's own are linked to
 */
export async function makeAside(folder, make, beside = []) {
  await mkdir(dirname(folder), { recursive: true });
  await removeLeftovers(folder);
  const temporary = `${folder}.tmp-${process.pid}`;
  await mkdir(temporary);
  try {
    await make(temporary);
    await finish(temporary, beside);
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
