/** The activities of the project's own: folders with a file `activity.mjs` or `activity.js`, and the digest of all that is in one. */
import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import { openRegular, readAtMost } from '../../ml/files/regular.js';

export interface OwnFolder {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly file: string;
}

/** Where they are looked for below the root; what TypeScript is compiled to comes last. */
const PLACES = ['activities', join('dist', 'activities')] as const;
const ENTRIES = ['activity.mjs', 'activity.js'] as const;

/** By name; where two places have one of the same name, the first counts. */
export async function findOwn(root: string): Promise<Map<string, OwnFolder>> {
  const found = new Map<string, OwnFolder>();
  for (const place of PLACES) {
    const names = (await readdir(join(root, place)).catch(ignoreAbsence)) ?? [];
    for (const name of names.sort()) {
      const own = found.has(name) ? null : await ownIn(join(root, place, name), name);
      if (own !== null) found.set(name, own);
    }
  }
  return found;
}

/** A folder counts as an activity as soon as it has an entry of that name, whatever that is: {@link codeOf} says what is wrong with it. */
async function ownIn(folder: string, name: string): Promise<OwnFolder | null> {
  for (const entry of ENTRIES) {
    const file = join(folder, entry);
    try {
      await lstat(file);
    } catch (error) {
      if (isAbout(error, 'ENOENT', 'ENOTDIR')) continue;
      if (!isAbout(error, 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG')) throw error;
    }
    return { name, folder, file };
  }
  return null;
}

/** An activity is code and small files beside it. Who needs gigabytes names them in a setting. */
const MOST_FILES = 10_000;
const MOST_BYTES = 256 * 2 ** 20;

/**
 * sha256 over names and bytes of every file in the folder and below, in the order of their names. What begins with a dot, and
 * `node_modules`, is left out: editors and package managers write there.
 * @throws Problem CONFIGURATION where something in it is no regular file, cannot be read, or is too much.
 */
export async function codeOf({ name, folder }: OwnFolder): Promise<string> {
  const hash = createHash('sha256');
  let left = MOST_BYTES;
  for (const file of await filesIn(name, folder, '')) {
    const bytes = await bytesOf(name, folder, file, left);
    left -= bytes.length;
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** Relative to the activity's folder, with `/`. */
async function filesIn(name: string, folder: string, inner: string): Promise<string[]> {
  const entries = await readable(name, inner, () => readdir(join(folder, inner), { withFileTypes: true }));
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesIn(name, folder, path)));
    else files.push(path);
    if (files.length > MOST_FILES) throw unfit(name, inner, `holds more than ${MOST_FILES} files`);
  }
  return files;
}

async function bytesOf(name: string, folder: string, path: string, most: number): Promise<Buffer> {
  const file = await readable(name, path, () => openRegular(join(folder, path)));
  if (file === null) throw unfit(name, path, 'is no file: a folder by way of a link, a device, a pipe or a socket');
  try {
    const bytes = await readable(name, path, () => readAtMost(file, most));
    if (bytes === null) throw unfit(name, path, `brings the folder to more than ${MOST_BYTES / 2 ** 20} MiB`);
    return bytes;
  } finally {
    await file.close();
  }
}

/** What the system refuses is a fault of this activity alone. */
async function readable<Result>(name: string, path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (isAbout(error, 'ENOENT')) throw unfit(name, path, 'is a link that leads nowhere, or was just removed');
    if (isAbout(error, 'ELOOP')) throw unfit(name, path, 'is a link that leads to itself');
    if (isAbout(error, 'EACCES', 'EPERM', 'EIO', 'ENAMETOOLONG')) throw unfit(name, path, `cannot be read (${error.code})`);
    throw error;
  }
}

function unfit(name: string, path: string, message: string): Problem {
  const where = ['activities', name, ...(path === '' ? [] : [path])].join('/');
  const cure = 'remove it, or give it a name that begins with a dot: the folder of an activity holds its code and small files';
  return new Problem({ code: 'CONFIGURATION', message, where, cure });
}

function ignoreAbsence(error: unknown): null {
  if (isAbout(error, 'ENOENT', 'ENOTDIR')) return null;
  throw error;
}
