/** Makes one version the published one. What the names are, and why this is atomic: layout.ts. */
import { readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import { Version } from '../../configs/schema/manifest.js';
import { temporaryBeside } from '../files/atomic.js';
import { syncFolder } from '../files/folders.js';
import { CURRENT, STAYING_NAMES, versionFolder } from './layout.js';

/** In the folder of a version that was published at some time. It is no file of the version: it says that others may have it. */
const PUBLISHED = 'published';

export async function switchTo(directory: string, version: string): Promise<void> {
  // A kill between the rename and the mark below leaves this to do.
  const before = await currentVersion(directory);
  if (before !== null) await markPublished(directory, before);
  await replaceLink(join(directory, CURRENT), versionFolder(version));
  for (const name of STAYING_NAMES) await replaceLink(join(directory, name), posix.join(CURRENT, name));
  await syncFolder(directory);
  await markPublished(directory, version);
}

/** The version that `current` names; null where it names none: before the first version, or where somebody else made the link. */
export async function currentVersion(directory: string): Promise<string | null> {
  const target = await readlinkIfAny(join(directory, CURRENT));
  const version = Version.safeParse(target === null ? null : posix.basename(target));
  return version.success && target === versionFolder(version.data) ? version.data : null;
}

/** Path of the mark that a version was published. */
export function publishedMark(directory: string, version: string): string {
  return join(directory, versionFolder(version), PUBLISHED);
}

async function markPublished(directory: string, version: string): Promise<void> {
  await writeFile(publishedMark(directory, version), '', { flag: 'wx' }).catch((error: unknown) => {
    // There already, which is all that counts. Nothing is written through a link.
    if (!isAbout(error, 'EEXIST')) throw error;
  });
}

/** Makes `path` a link to `target`, in place of whatever file or link was there, by one rename. Nothing is done where it is that link. */
async function replaceLink(path: string, target: string): Promise<void> {
  if ((await readlinkIfAny(path)) === target) return;
  const temporary = temporaryBeside(path);
  try {
    await symlink(target, temporary);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (!isAbout(cause, 'EPERM', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP')) throw cause;
    const message = 'the file system keeps no symbolic links, without which several files cannot be replaced at once';
    throw new Problem({
      code: 'ENVIRONMENT',
      message,
      where: path,
      cure: 'set bundle.directory to a folder on another file system',
      cause,
    });
  }
}

async function readlinkIfAny(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'EINVAL')) return null;
    throw error;
  }
}
