/** The activities of the project's own: folders with a file `activity.mjs` or `activity.js`, and the digest of all that is in one. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isAbout } from '../../configs/problem.js';

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

async function ownIn(folder: string, name: string): Promise<OwnFolder | null> {
  for (const entry of ENTRIES) {
    const file = join(folder, entry);
    const there = await stat(file).catch(ignoreAbsence);
    if (there?.isFile() === true) return { name, folder, file };
  }
  return null;
}

/**
 * sha256 over names and bytes of every file in the folder and below, in the order of their names. What begins with a dot, and
 * `node_modules`, is left out: editors and package managers write there.
 */
export async function codeOf({ folder }: OwnFolder): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await filesIn(folder)) {
    const bytes = await readFile(file);
    hash.update(`${relative(folder, file).split(sep).join('/')}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesIn(path)));
    else files.push(path);
  }
  return files;
}

function ignoreAbsence(error: unknown): null {
  if (isAbout(error, 'ENOENT', 'ENOTDIR')) return null;
  throw error;
}
