/**
 * Whether the disk lets the ledger of an open run be written. The worker that cannot write it tries again without end, and has no place
 * to say so: its own files may lie on the same disk. So who asks for the standing of a run looks as well.
 */
import { lstat, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ledgerPath } from '../activities/ledger-path.js';
import { isAbout, Problem } from '../configs/problem.js';
import { fromSystemError } from '../configs/system-error.js';
import { temporaryBeside } from '../ml/files/atomic.js';

/** Bytes of a ledger that is not there yet, at the least. */
const SMALL = 4096;
const STICKY = 0o1000;

/**
 * What keeps the ledger of `run` from being written by this account, as a Problem; null where nothing is seen to. Writes as much as the
 * ledger holds beside it and removes that again: nothing else tells of a quota.
 */
export async function ledgerFault(root: string, run: string): Promise<Problem | null> {
  const path = ledgerPath(root, run);
  try {
    const folder = await nearestFolder(dirname(path));
    const old = await lstat(path).catch(ignoreAbsence);
    if (old?.isDirectory() === true) throw systemError('EISDIR', path);
    if (old !== null && !(await mayReplace(folder, old.uid))) throw systemError('EPERM', path);
    await tryToWrite(join(folder, basename(path)), old?.size ?? SMALL);
    return null;
  } catch (error) {
    const problem = fromSystemError(error, path);
    if (problem instanceof Problem) return problem;
    throw error;
  }
}

async function tryToWrite(path: string, bytes: number): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.alloc(bytes));
    } finally {
      await file.close();
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

/** In a folder with the sticky bit an account replaces only files of its own. */
async function mayReplace(folder: string, owner: number): Promise<boolean> {
  const { mode, uid } = await stat(folder);
  const me = process.geteuid?.() ?? 0;
  return (mode & STICKY) === 0 || me === 0 || me === uid || me === owner;
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
