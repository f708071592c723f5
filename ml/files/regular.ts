/** Reads files that others made. Nothing here waits for a pipe, reads a device without end, or follows a link out of the folder. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import { plain } from '../../configs/schema/path.js';
import { linkFault, LINK_WORDS } from './place.js';

/** What may be wrong with a file that a person can mend. */
const READABLE_FAULTS = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR', 'EIO', 'ELOOP', 'ENAMETOOLONG', 'EINVAL'] as const;

export interface ReadFault {
  readonly fault: 'missing' | 'link-outside' | 'link-nowhere' | 'unreadable' | 'too-large';
  /** In words that follow the file's name. */
  readonly message: string;
}

/** The bytes of `path` below `folder` (absolute), at most `most` of them, or why they cannot be read, in words. */
export async function readBelow(folder: string, path: string, most: number): Promise<{ readonly bytes: Buffer } | ReadFault> {
  if (isAbsolute(path) || plain(path) === null) return { fault: 'unreadable', message: 'leads out of its folder' };
  try {
    const link = await linkFault(folder, path);
    if (link !== null) return { fault: link === 'leaves' ? 'link-outside' : 'link-nowhere', message: LINK_WORDS[link] };
    const file = await openRegular(join(folder, path));
    if (file === null) return { fault: 'unreadable', message: 'is a folder, device, pipe or socket, not a file' };
    try {
      const bytes = await readAtMost(file, most);
      return bytes === null ? { fault: 'too-large', message: `has more than ${most} bytes` } : { bytes };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isAbout(error, ...READABLE_FAULTS)) throw error;
    return { fault: isAbout(error, 'ENOENT', 'ENOTDIR') ? 'missing' : 'unreadable', message: `cannot be read (${error.code})` };
  }
}

/** {@link readBelow} as UTF-8. */
export async function readTextBelow(folder: string, path: string, most: number): Promise<{ readonly text: string } | ReadFault> {
  const read = await readBelow(folder, path, most);
  return 'bytes' in read ? { text: read.bytes.toString('utf8') } : read;
}

/** A regular file opened for reading, through links; null for a folder, device, pipe or socket, none of which is waited for. */
export async function openRegular(path: string): Promise<FileHandle | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (isAbout(error, 'ENXIO', 'ENODEV', 'EISDIR')) return null;
    throw error;
  });
  if (file === null || (await file.stat()).isFile()) return file;
  await file.close();
  return null;
}

/** What is left of an open file, at most `most` bytes. Null where there is more: files of /proc say that they hold nothing, and others grow while they are read. */
export async function readAtMost(file: FileHandle, most: number): Promise<Buffer | null> {
  const { size } = await file.stat();
  if (size > most) return null;
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.max(1 << 12, Math.min(size + 1 - total, 1 << 24)));
    const { bytesRead } = await file.read(chunk, 0, chunk.length);
    if (bytesRead === 0) return Buffer.concat(chunks, total);
    chunks.push(chunk.subarray(0, bytesRead));
    total += bytesRead;
    if (total > most) return null;
  }
}
