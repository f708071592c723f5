/** Files that are complete or absent (standard 6): written to a temporary name beside the target, fsynced, renamed. */
import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Problem } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';
import { makeFolder, shareAsFolder, syncFolder } from './folders.js';
import { openRegular } from './regular.js';

/** A file being written: what is given to `write` is on it to the last byte, or the promise is rejected. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Writes `path` by calling `write` with a temporary file. If `write` throws, nothing of `path` has changed
 * and the temporary file is gone; a kill leaves at most a `*.tmp-*` beside it. Any name that the file system takes will do.
 * @throws Problem DISK_FULL, or whatever `write` threw.
 */
export async function writeAtomically(path: string, write: (file: NewFile) => Promise<void>): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await makeFolder(dirname(path));
    const file = await open(temporary, 'wx', 0o600);
    try {
      await shareAsFolder(file, path);
      // `FileHandle.write` is content with the part of the bytes that a nearly full disk takes; `writeFile` insists on all of them.
      await write({ write: (bytes) => file.writeFile(bytes) });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw fromSystemError(error, path);
  }
}

/** A name in the same folder. Its length has a limit of its own: the name that it stands for may be as long as names can be. */
export function temporaryBeside(path: string): string {
  const begin = [...basename(path)].slice(0, 40).join('');
  return join(dirname(path), `${begin}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
}

/** The whole of a small file at once. */
export async function writeFileAtomically(path: string, data: string | Uint8Array): Promise<void> {
  await writeAtomically(path, (file) => file.write(typeof data === 'string' ? Buffer.from(data) : data));
}

/** A value as JSON, two spaces, a newline at the end. */
export async function writeJsonAtomically(path: string, value: unknown): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Bytes read at once; a smaller file is read with one call, which is what takes long about thousands of them. */
const READ_AT_ONCE = 1 << 20;

/**
 * sha256 of a file's bytes in lower-case hexadecimal, and their number.
 * @throws the system's error where it cannot be opened; Problem ARTIFACT_ALTERED where it is no regular file: a pipe would never end
 */
export async function hashFile(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  const file = await openRegular(path);
  if (file === null) {
    const message = 'is a folder, device, pipe or socket, not a file';
    throw new Problem({ code: 'ARTIFACT_ALTERED', message, where: path, cure: 'move it away, and make the file again: emo-aen run' });
  }
  try {
    const { size } = await file.stat();
    const buffer = Buffer.allocUnsafe(Math.min(READ_AT_ONCE, size + 1));
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}
