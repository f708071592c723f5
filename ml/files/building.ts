/**
 * Folders that a process fills under a passing name before they get theirs. The process holds a lock on its folder, which the kernel
 * frees when the process ends: so whoever comes next knows which folders a killed process left, in this container or another.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import { makeFolder } from './folders.js';
import { takesName } from './lock.js';

/**
 * Runs `fill` with a new folder in `parent`, which `fill` renames when it is whole. What is left of it at the end is removed; so is
 * what killed processes left there under the same prefix.
 * @param prefix of the passing name, which nothing but such folders has
 */
export async function withBuildingFolder<Result>(
  parent: string,
  prefix: string,
  fill: (folder: string) => Promise<Result>,
): Promise<Result> {
  await removeAbandoned(parent, prefix);
  await makeFolder(parent);
  const [folder, lock] = await newFolder(parent, prefix);
  try {
    return await fill(folder).finally(() => rm(folder, { recursive: true, force: true }));
  } finally {
    await lock.close();
  }
}

async function newFolder(parent: string, prefix: string): Promise<[string, FileHandle]> {
  for (;;) {
    const folder = join(parent, `${prefix}${randomBytes(6).toString('hex')}`);
    await makeFolder(folder);
    const lock = await openFolder(folder);
    // Between the two calls above another process may have taken the folder for an abandoned one.
    if (lock !== null && (await takesName(lock, folder))) return [folder, lock];
    await lock?.close();
  }
}

async function removeAbandoned(parent: string, prefix: string): Promise<void> {
  const names = await readdir(parent).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return [];
    throw error;
  });
  for (const name of names) {
    // Only what newFolder makes: a person's `.making-of` is none of ours.
    if (!name.startsWith(prefix) || !/^[0-9a-f]{12}$/.test(name.slice(prefix.length))) continue;
    const folder = join(parent, name);
    const lock = await openFolder(folder);
    if (lock === null) continue;
    try {
      if (await takesName(lock, folder)) await rm(folder, { recursive: true, force: true });
    } finally {
      await lock.close();
    }
  }
}

/** Null where there is no folder of that name: a link to one is none. */
async function openFolder(folder: string): Promise<FileHandle | null> {
  try {
    return await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
  }
}
