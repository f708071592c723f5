/**
 * What has arrived of a download: `<key>.<unique>.<identity>.part`. The process that writes a part holds a lock on it, which the kernel
 * frees when the process ends: so two downloads never append to one file, in this container or another, and the part of a killed
 * process is taken over.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';
import { takesName } from '../files/lock.js';

/** Of the whole file at the server; what is resumed must have the same. Nothing else could say that the rest is of the same file. */
export interface Identity {
  /** A strong ETag, else the date. */
  readonly validator: string;
  readonly length: number;
}

/** A part that is this process' own until the file is closed. */
export interface Part {
  readonly path: string;
  /** Opened to append. */
  readonly file: FileHandle;
  readonly bytes: number;
  /** Null where nothing could be resumed. */
  readonly identity: Identity | null;
}

export interface Resumable extends Part {
  readonly identity: Identity;
}

/** Folder, which exists, and the name under which parts of a URL lie there. */
export interface PartPlace {
  readonly folder: string;
  readonly key: string;
}

/** Takes over the longest part that no process writes; null where there is none. What cannot be resumed is removed on the way. */
export async function claimPart({ folder, key }: PartPlace): Promise<Resumable | null> {
  for (const { path, identity } of await longestFirst({ folder, key })) {
    const file = await openPart(path);
    if (file === null) continue;
    try {
      if (await takesName(file, path)) {
        const { size: bytes } = await file.stat();
        if (identity !== null && bytes > 0) return { path, file, bytes, identity };
        await rm(path, { force: true });
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
  }
  return null;
}

/** @throws Problem DISK_FULL and others where no file can be made. */
export async function newPart({ folder, key }: PartPlace, identity: Identity | null): Promise<Part> {
  const text = identity === null ? '' : `${identity.length} ${identity.validator}`;
  for (;;) {
    const name = `${key}.${randomBytes(6).toString('hex')}.${Buffer.from(text).toString('base64url')}.part`;
    const path = join(folder, name);
    const file = await open(path, 'ax', 0o600).catch((error: unknown) => Promise.reject(fromSystemError(error, path)));
    // Between the two calls another process may have taken the file for one that nobody writes.
    if (await takesName(file, path)) return { path, file, bytes: 0, identity };
    await file.close();
  }
}

async function longestFirst({ folder, key }: PartPlace): Promise<{ path: string; identity: Identity | null }[]> {
  const found: { path: string; identity: Identity | null; bytes: number }[] = [];
  for (const name of await readdir(folder)) {
    const coded = name.startsWith(`${key}.`) ? /^[0-9a-f]{12}\.([\w-]*)\.part$/.exec(name.slice(key.length + 1))?.[1] : undefined;
    if (coded === undefined) continue;
    const path = join(folder, name);
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => 0, // removed by another process in between
    );
    found.push({ path, identity: identityIn(coded), bytes });
  }
  return found.sort((a, b) => b.bytes - a.bytes);
}

function identityIn(coded: string): Identity | null {
  const [, length, validator] = /^(\d+) (.+)$/s.exec(Buffer.from(coded, 'base64url').toString()) ?? [];
  return validator === undefined ? null : { validator, length: Number(length) };
}

/** Null where there is no regular file of that name: a link to one is none. */
async function openPart(path: string): Promise<FileHandle | null> {
  const { O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const file = await open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return null;
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ELOOP', 'ENXIO', 'EISDIR')) return null;
    throw fromSystemError(error, path);
  }
}
