/**
 * Folders, and who may enter them. What a project keeps for itself is for its account alone, whatever the umask: histories, logs and
 * squares of photos are private. What it publishes may be read by those who may read the folder around it.
 */
import { chmod, mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAbout } from '../../configs/problem.js';

/** Below the project root. */
export const PRIVATE_FOLDERS = ['.emo-aen', 'runs', 'logs', 'checkpoints'] as const;
const OTHERS = 0o077;

/** Makes a project's private folders where they are absent, and closes those that others may enter. @throws the system's error. */
export async function makePrivate(root: string): Promise<void> {
  for (const name of PRIVATE_FOLDERS) {
    const folder = join(root, name);
    await makeFolder(folder);
    const { mode, uid } = await stat(folder);
    const ours = uid === process.getuid?.() || process.getuid?.() === 0;
    if ((mode & OTHERS) !== 0 && ours) await chmod(folder, mode & 0o700);
  }
}

/**
 * Makes a folder and those above it, so that they last through a power cut. A new one lets in whom the folder around it lets in;
 * one with the name of a private folder lets in nobody else.
 * @throws the system's error.
 */
export async function makeFolder(path: string): Promise<void> {
  if (!(await made(path))) return;
  const around = dirname(path);
  const isPrivate = (PRIVATE_FOLDERS as readonly string[]).includes(basename(path));
  await chmod(path, isPrivate ? 0o700 : (await stat(around)).mode & 0o755);
  await syncFolder(around);
}

/** False where it was there. */
async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (isAbout(error, 'EEXIST') && (await stat(path)).isDirectory()) return false;
    if (!isAbout(error, 'ENOENT') || dirname(path) === path) throw error;
  }
  await makeFolder(dirname(path));
  return made(path);
}

/** Makes renames in the folder last through a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Lets those read a new file who may read its folder. The umask says nothing here: a worker's is private. */
export async function shareAsFolder(file: FileHandle, path: string): Promise<void> {
  await file.chmod((await stat(dirname(path))).mode & 0o644);
}

/** Runs `start`, which starts a process, so that what the process writes is for this account alone. `start` does not wait for anything. */
export function startPrivately<Child>(start: () => Child): Child {
  const before = process.umask(OTHERS);
  try {
    return start();
  } finally {
    process.umask(before);
  }
}
