/**
 * Whether the disk lets the ledger of an open run be written. The worker that cannot write it tries again without end, and has no place
 * to say so: its own files may lie on the same disk. So who asks for the standing of a run looks as well.
 */
import { constants } from 'node:fs';
import { access, lstat, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ledgerPath } from '../activities/ledger-path.js';
import { isAbout, Problem } from '../configs/problem.js';
import { fromSystemError } from '../configs/system-error.js';

/** Bytes of a ledger that is not there yet, at the least. */
const SMALL = 4096;

/** What keeps the ledger of `run` from being written by this account, as a Problem; null where nothing is seen to. Writes nothing. */
export async function ledgerFault(root: string, run: string): Promise<Problem | null> {
  const path = ledgerPath(root, run);
  try {
    const folder = await nearestFolder(dirname(path));
    await access(folder, constants.W_OK | constants.X_OK);
    const old = await lstat(path).catch(ignoreAbsence);
    if (old?.isDirectory() === true) throw systemError('EISDIR', path);
    const { bavail, bfree, bsize } = await statfs(folder);
    const free = (process.getuid?.() === 0 ? bfree : bavail) * bsize;
    if (free < (old?.size ?? SMALL)) throw systemError('ENOSPC', path);
    return null;
  } catch (error) {
    const problem = fromSystemError(error, path);
    if (problem instanceof Problem) return problem;
    throw error;
  }
}

/** The folder, or that above it in which it would be made. */
async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(ignoreAbsence);
  if (found === null) return nearestFolder(dirname(path));
  if (!found.isDirectory()) throw systemError('ENOTDIR', path);
  return path;
}

function ignoreAbsence(error: unknown): null {
  if (isAbout(error, 'ENOENT')) return null;
  throw error;
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(code), { code, path });
}
