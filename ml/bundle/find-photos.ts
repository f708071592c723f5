/** The photos that paths name: files as they are, and of folders all photos in them, however deep. */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Problem } from '../../configs/problem.js';
import { isLitter } from '../images/litter.js';
import { PHOTO_EXTENSIONS, visible } from '../images/names.js';
import type { RefusedPhoto } from './rank.js';

export interface FoundPhotos {
  /** Each once, those of a folder by name. */
  readonly files: readonly string[];
  readonly refused: readonly RefusedPhoto[];
}

export async function findPhotos(paths: readonly string[]): Promise<FoundPhotos> {
  const files: string[] = [];
  const refused: RefusedPhoto[] = [];
  for (const path of paths) {
    try {
      files.push(...(await photosAt(path)));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refused.push({ file: path, problem: error });
    }
  }
  return { files: [...new Set(files)], refused };
}

async function photosAt(path: string): Promise<readonly string[]> {
  const where = visible(path);
  try {
    const found = await stat(path);
    if (!found.isDirectory() && !found.isFile())
      throw new Problem({ code: 'NOT_FOUND', message: 'neither a file nor a folder', where, cure: 'name photos, or folders of photos' });
    if (found.isFile()) return [path];
    const inside: string[] = [];
    for await (const file of photosBelow(path)) inside.push(file);
    if (inside.length > 0) return inside.sort();
    throw new Problem({ code: 'NOT_FOUND', message: 'the folder holds no photos', where, cure: 'name a folder with photos in it' });
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause && 'code' in cause)) throw cause;
    const message = cause.code === 'ENOENT' ? 'no such photo or folder' : cause.message;
    throw new Problem({ code: 'NOT_FOUND', message, where, cure: 'check the path', cause });
  }
}

/** A file that is named is tried whatever it is called; in folders litter is passed over, and so are links to folders, which could lead round in a circle. */
async function* photosBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (isLitter(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* photosBelow(path);
    else if ((entry.isFile() || entry.isSymbolicLink()) && PHOTO_EXTENSIONS.has(extname(entry.name).toLowerCase())) yield path;
  }
}
