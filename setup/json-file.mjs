/**
 * JSON files of set-up's own: one that another program damaged counts as absent, and one that is written is whole. Set-up runs before any package is there, so it cannot use the
 * rest's own (ml/files/record.ts and atomic.ts), which need zod.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The object in the file; null where there is none: the file is absent, empty, cut, not JSON, or not an object.
 * @param {string} path
 * @returns {Promise<Record<string, any> | null>}
 */
export async function readJson(path) {
  try {
    const value = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'].includes(codeOf(error))) return null;
    throw error;
  }
}

/**
 * Writes a file that is there whole or as it was before, also after a power cut. A folder in its place is kept under another name.
 * @param {string} path its folder exists
 * @param {string} text
 */
export async function writeDurably(path, text) {
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path).catch(async (error) => {
      if (codeOf(error) !== 'EISDIR') throw error;
      await rename(path, `${path}.damaged-${Date.now()}`);
      await rename(temporary, path);
    });
    await syncPath(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes what a file or folder holds last through a power cut. @param {string} path */
export async function syncPath(path) {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
