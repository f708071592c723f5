/**
 * The one door from a text to a place on disk. A name or path that a file or a payload brings becomes an absolute path below a
 * folder here, or is refused: by its text (configs/schema/path.ts), and where a symbolic link on the way leaves the folder.
 *
 * Links are looked at when the path is made. Who can change the folder at that very moment can change all that is in it anyway.
 */
import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, realpath, rmdir, unlink } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import { nameFault, pathFault, plain } from '../../configs/schema/path.js';

/** What a refusal tells a person: which text it is about, and what to do. */
export interface Told {
  /** The file or setting that the text comes from. */
  readonly where: string;
  readonly cure: string;
}

/**
 * The entry `name` directly below `folder` (absolute), whether it is there or not. The folder itself may be a link.
 * @throws Problem CONFLICT where the name is no name, or the entry is a link that leaves the folder or leads nowhere.
 */
export async function nameBelow(folder: string, name: string, told: Told): Promise<string> {
  insist(nameFault(name), name, told);
  return followed(folder, [name], told);
}

/**
 * The path of `names` with `/` between them below `folder` (absolute), whether it is there or not. The folder itself may be a link.
 * @throws Problem CONFLICT where the path could lead out of the folder, by its text or by a link.
 */
export async function pathBelow(folder: string, path: string, told: Told): Promise<string> {
  insist(pathFault(path), path, told);
  return followed(folder, path.split('/'), told);
}

/**
 * Where a setting leads that names what the product writes: {@link pathBelow}, for which `./a//b/` and `a/../b` are as good as `a/b`.
 * @throws Problem CONFLICT where it leads out of the root, by its text or by a link.
 */
export async function settingBelow(root: string, path: string, told: Told): Promise<string> {
  const inner = isAbsolute(path) ? null : plain(path);
  if (inner !== null && inner !== '') return pathBelow(root, inner, told);
  throw refusal(path, 'leads out of the project root', told);
}

/** A symbolic link that is not followed: it leaves the folder that it was to stay in, or leads nowhere. */
export type LinkFault = 'leaves' | 'nowhere';
export const LINK_WORDS: Readonly<Record<LinkFault, string>> = {
  leaves: 'is a symbolic link that leaves its folder',
  nowhere: 'is a symbolic link that leads nowhere',
};

/** The first such link on the way from `folder` (absolute, itself a link or not) to a path below it; null where there is none. */
export async function linkFault(folder: string, path: string): Promise<LinkFault | null> {
  const real = await realpath(folder).catch(ignoring('ENOENT'));
  if (real === null) return null;
  let at = folder;
  for (const name of path.split('/')) {
    at = join(at, name);
    const facts = await lstat(at).catch(ignoring('ENOENT', 'ENOTDIR'));
    if (facts === null) return null;
    if (!facts.isSymbolicLink()) continue;
    const target = await realpath(at).catch(ignoring('ENOENT', 'ENOTDIR', 'ELOOP'));
    if (target === null) return 'nowhere';
    if (!isInside(real, target)) return 'leaves';
  }
  return null;
}

/** Whether a path is the folder or in it. Both are absolute, with links resolved. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Paths below a folder that are the product's own, each with the sha256 of the file; null where the name is proof enough. */
export type Recorded = ReadonlyMap<string, string | null>;

/**
 * What keeps a folder from being removed by {@link removeRecorded}, as a path in it (`.` for the folder itself) and a reason;
 * null where all in it is recorded. A folder that is not there is no hindrance.
 */
export async function foreignIn(folder: string, recorded: Recorded): Promise<{ path: string; reason: string } | null> {
  const facts = await lstat(folder).catch(ignoring('ENOENT'));
  if (facts === null) return null;
  if (!facts.isDirectory()) return { path: '.', reason: 'is no folder' };
  return foreignBelow(folder, '', recorded);
}

/**
 * Removes the recorded files of a folder, and the folders that are empty then, the folder itself last. Nothing else is ever removed.
 * @throws Problem CONFLICT, before anything is removed, where the folder holds something that is not recorded.
 */
export async function removeRecorded(folder: string, recorded: Recorded, cure: string): Promise<void> {
  const foreign = await foreignIn(folder, recorded);
  if (foreign !== null) {
    const where = foreign.path === '.' ? folder : join(folder, foreign.path);
    throw new Problem({ code: 'CONFLICT', message: `is not removed: it ${foreign.reason}`, where, cure });
  }
  const folders = new Set<string>();
  for (const path of recorded.keys()) {
    await unlink(join(folder, path)).catch(ignoring('ENOENT', 'ENOTDIR'));
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) folders.add(path.slice(0, end));
  }
  const deepestFirst = [...folders].sort((a, b) => b.split('/').length - a.split('/').length);
  for (const inner of [...deepestFirst, '.']) await rmdir(join(folder, inner)).catch(ignoring('ENOENT'));
}

async function foreignBelow(folder: string, inner: string, recorded: Recorded): Promise<{ path: string; reason: string } | null> {
  for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
    const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
    const sha256 = recorded.get(path);
    if (entry.isFile() && sha256 !== undefined) {
      if (sha256 === null || (await digestOf(join(folder, path))) === sha256) continue;
      return { path, reason: 'was changed since it was made' };
    }
    if (!entry.isDirectory() || ![...recorded.keys()].some((known) => known.startsWith(`${path}/`)))
      return { path, reason: 'was not made by this program' };
    const foreign = await foreignBelow(folder, path, recorded);
    if (foreign !== null) return foreign;
  }
  return null;
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function followed(folder: string, names: readonly string[], told: Told): Promise<string> {
  const path = names.join('/');
  const link = await linkFault(folder, path);
  insist(link === null ? null : LINK_WORDS[link], path, told);
  return join(folder, path);
}

function insist(fault: string | null, text: string, told: Told): void {
  if (fault !== null) throw refusal(text, fault, told);
}

function refusal(text: string, fault: string, { where, cure }: Told): Problem {
  return new Problem({ code: 'CONFLICT', message: `${JSON.stringify(text.slice(0, 80))} ${fault}`, where, cure });
}

/** The system's answer that something is not there as a value. */
function ignoring(...codes: readonly string[]): (error: unknown) => null {
  return (error) => {
    if (isAbout(error, ...codes)) return null;
    throw error;
  };
}
