/** The locks of setup/lock.mjs for the rest of the product, whose errors for people are a Problem. */
import { createHash } from 'node:crypto';
import { lstat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupFailure } from '#setup/failure.mjs';
import { flock as tryFlock, ownerNow, takeLock as take, type LockOptions } from '#setup/lock.mjs';
import { Problem } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';

export type HeldLock = Awaited<ReturnType<typeof take>>;

/** Path of a project's lock. @param of what it keeps to one process at a time: any text */
export function lockPath(root: string, of: string): string {
  const plain = of.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 40);
  const name = plain === of ? plain : `${plain}-${createHash('sha256').update(of).digest('hex').slice(0, 12)}`;
  return join(root, '.emo-aen', 'locks', name);
}

/**
 * Runs `body` while no other process, of this container or another, holds the lock at `path`.
 * @throws Problem CONFLICT where another process still holds it at the end of the time, and names that process.
 */
export async function withLock<Result>(path: string, body: () => Promise<Result>, options?: LockOptions): Promise<Result> {
  const held = await takeLock(path, options);
  try {
    await held.say(ownerNow());
    return await body();
  } finally {
    await held.leave();
  }
}

/** Takes a lock for a child, which inherits its descriptor. @throws Problem as {@link withLock}. */
export function takeLock(path: string, options?: LockOptions): Promise<HeldLock> {
  return take(path, options).catch((error: unknown) => {
    options?.signal?.throwIfAborted(); // why it was aborted, which the helper program's error does not say
    throw asProblem(error, path);
  });
}

/** Takes the lock on an open file or folder if it is free. @throws Problem ENVIRONMENT where no lock can be taken at all. */
export function tryLock(descriptor: number): Promise<boolean> {
  return tryFlock(descriptor, 0).catch((error: unknown) => {
    throw asProblem(error, 'flock');
  });
}

/**
 * Takes the lock on an open file or folder if it is free and still has this name: another process may have renamed or removed it
 * before the lock was ours.
 * @throws Problem ENVIRONMENT as {@link tryLock}
 */
export async function takesName(file: FileHandle, path: string): Promise<boolean> {
  if (!(await tryLock(file.fd))) return false;
  const [named, held] = [await lstat(path, { bigint: true }).catch(() => null), await file.stat({ bigint: true })];
  return named?.ino === held.ino && named.dev === held.dev;
}

function asProblem(error: unknown, where: string): unknown {
  if (!(error instanceof SetupFailure)) return fromSystemError(error, where);
  const { message, cure, cause } = error;
  return new Problem({ code: 'CONFLICT', message, where, cure, cause });
}
