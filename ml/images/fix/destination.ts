/** The folder of the copy: empty or not there before, outside the set, and there with everything in it or not at all. */
import { readdir, realpath, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isAbout, Problem } from '../../../configs/problem.js';
import { withBuildingFolder } from '../../files/building.js';
import { syncFolder } from '../../files/folders.js';

/**
 * Lets `fill` write into a folder beside `into`, which becomes `into` at the end; where `fill` throws, nothing is left of it.
 * @param into absolute. @param photoRoot absolute, of the set that is copied.
 * @throws Problem as {@link checkDestination} does.
 */
export async function fillFolder<Result>(into: string, photoRoot: string, fill: (folder: string) => Promise<Result>): Promise<Result> {
  await checkDestination(into, photoRoot);
  // The beginning of the name: a whole one may be as long as names can be.
  const prefix = `.${[...basename(into)].slice(0, 40).join('')}.making-`;
  return withBuildingFolder(dirname(into), prefix, async (building) => {
    const result = await fill(building);
    await refuseContent(into);
    await rmdir(into).catch((error: unknown) => {
      if (!isAbout(error, 'ENOENT')) throw error;
    });
    await rename(building, into);
    await syncFolder(dirname(into));
    return result;
  });
}

/** @throws Problem USAGE where folder and photo root would lie in each other, CONFLICT where something is there already. */
export async function checkDestination(into: string, photoRoot: string): Promise<void> {
  await refuseOverlap(into, photoRoot);
  await refuseContent(into);
}

async function refuseOverlap(into: string, photoRoot: string): Promise<void> {
  const [copy, set] = [await realPath(into), await realPath(photoRoot)];
  const lies = (inner: string, outer: string): boolean => `${inner}${sep}`.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
  if (!lies(copy, set) && !lies(set, copy)) return;
  throw new Problem({
    code: 'USAGE',
    message: lies(copy, set) ? 'lies inside the photo root, which is never changed' : 'holds the photo root, which is never changed',
    where: into,
    cure: 'name a folder beside the photo root with --into',
  });
}

async function refuseContent(into: string): Promise<void> {
  const conflict = (message: string): Problem =>
    new Problem({ code: 'CONFLICT', message, where: into, cure: 'name a folder that is empty or not there yet with --into' });
  const names = await readdir(into).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return [];
    throw isAbout(error, 'ENOTDIR') ? conflict('is not a folder') : error;
  });
  const [first] = names;
  if (first !== undefined) throw conflict(`holds "${first}" already`);
}

/** Links followed as far as there is something. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(resolve(path));
    if (!isAbout(error, 'ENOENT', 'ENOTDIR') || parent === path) throw error;
    return join(await realPath(parent), basename(path));
  }
}
