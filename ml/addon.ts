/**
 * Our own C++ for Node, which set-up compiled for this machine's processor, and the libraries that it is linked to. A failing disk, a
 * power cut or another program may have changed a file since: code is hashed before it is loaded.
 */
import { realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { MARK } from '#setup/finished.mjs';
import { CLONE } from '../configs/load/installation.js';
import { isAbout, Problem } from '../configs/problem.js';
import { Digests } from './files/digests.js';
import { onStderr, readRecord } from './files/record.js';

/** What set-up writes once a folder is whole (setup/finished.mjs). */
const Mark = z.object({
  files: z.record(z.string(), z.object({ sha256: z.string(), bytes: z.number().int() })),
  /** Names of folders beside it, with the libraries that its own are linked to. */
  beside: z.array(z.string()),
});

/** An addon that is as set-up made it, not loaded yet. */
export interface CheckedAddon {
  /** What it exports. @throws Problem ENVIRONMENT where it cannot be loaded. */
  load(): unknown;
}

/**
 * Compares an addon, and all libraries in its folder and in those it is linked to, with the sha256 that set-up recorded. A large
 * library that surely is the one that was hashed before is not read again (ml/files/digests.ts).
 * @param path absolute; a link is followed
 * @param what it is called
 * @throws Problem ENVIRONMENT where a file changed or is missing: it names the file
 */
export async function checkAddon(path: string, what: string): Promise<CheckedAddon> {
  const real = await realpath(path).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw unsound(path, dirname(path), `${what} is missing`);
    throw error;
  });
  const digests = new Digests({ root: CLONE, store: 'libraries', tell: onStderr });
  await checkFolder(dirname(real), [basename(real)], what, digests);
  await digests.save();
  return {
    load() {
      try {
        return createRequire(import.meta.url)(real) as unknown;
      } catch (cause) {
        throw unsound(real, dirname(real), `${what} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
      }
    },
  };
}

/** {@link checkAddon}, and loads it. */
export async function loadAddon(path: string, what: string): Promise<unknown> {
  return (await checkAddon(path, what)).load();
}

async function checkFolder(folder: string, needed: readonly string[], what: string, digests: Digests): Promise<void> {
  const mark = await readRecord(join(folder, MARK), Mark);
  if (mark.is !== 'sound' || needed.some((name) => mark.value.files[name] === undefined))
    throw unsound(
      join(folder, MARK),
      folder,
      `${what} is not loaded: set-up's record of its files ${mark.is === 'damaged' ? mark.why : 'is missing'}`,
    );
  for (const [name, { sha256 }] of Object.entries(mark.value.files)) {
    const path = join(folder, name);
    const found = await digests.of(path).catch((error: unknown) => {
      if (isAbout(error, 'ENOENT', 'EISDIR', 'ENOTDIR')) return null;
      throw error;
    });
    if (found === null) throw unsound(path, folder, `${what} is not loaded: this file of it is missing`);
    if (found.sha256 !== sha256) throw unsound(path, folder, `${what} is not loaded: this file changed since set-up made it`);
  }
  for (const name of mark.value.beside) await checkFolder(join(dirname(folder), name), [], what, digests);
}

function unsound(where: string, folder: string, message: string, cause?: unknown): Problem {
  return new Problem({ code: 'ENVIRONMENT', message, where, cure: `rm -rf '${folder}' && npm run setup`, cause });
}
