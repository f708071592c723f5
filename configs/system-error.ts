/** The operating system's errors as problems that a person can act on: which file, whose it is, what to do. */
import { lstatSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { Problem, type ProblemCode } from './problem.js';

interface Told {
  readonly code: ProblemCode;
  readonly message: string;
  readonly cure?: string;
}

/** `path` is the file that the system named, or null; `text` is the system's own message. */
type Words = (path: string | null, text: string) => Told;

const KEPT = 'nothing that was already written is lost';

const WORDS: Readonly<Record<string, Words>> = {
  ENOSPC: (path) => ({
    code: 'DISK_FULL',
    message: 'the disk is full',
    cure: `free some disk space (df -h ${quoted(path ?? '.')} shows how much there is); ${KEPT}`,
  }),
  EDQUOT: () => ({
    code: 'DISK_FULL',
    message: "this account's share of the disk is used up",
    cure: `free some disk space (quota -s shows the share); ${KEPT}`,
  }),
  EACCES: refused,
  EPERM: refused,
  EROFS: (path) => ({
    code: 'ENVIRONMENT',
    message: 'this file system can only be read',
    cure: `use a folder that can be written to, or have the disk mounted for writing (findmnt --target ${quoted(path ?? '.')})`,
  }),
  ELOOP: (path) => ({
    code: 'CONFLICT',
    message: 'this is a link that leads to itself, or through too many links',
    cure: `look where it leads, and remove it: ls -l ${quoted(path ?? '.')}`,
  }),
  ENAMETOOLONG: () => ({
    code: 'CONFLICT',
    message: 'this name is too long for the file system (255 bytes for a name, 4096 for a path)',
    cure: 'use a shorter name, or move the project to a shorter path',
  }),
  ENOTDIR: (path) => ({
    code: 'CONFLICT',
    message: 'a file stands where a folder is needed',
    cure: `move it away: ls -ld ${quoted(path ?? '.')}`,
  }),
  EISDIR: (path) => ({
    code: 'CONFLICT',
    message: 'a folder stands where a file is needed',
    cure: `move it away: ls -ld ${quoted(path ?? '.')}`,
  }),
  EEXIST: (path) => ({
    code: 'CONFLICT',
    message: 'something of this name is there already',
    cure: `move it away: ls -ld ${quoted(path ?? '.')}`,
  }),
  ENOTEMPTY: (path) => ({
    code: 'CONFLICT',
    message: 'this folder is not empty',
    cure: `look what it holds, and move that away: ls -la ${quoted(path ?? '.')}`,
  }),
  EBUSY: () => ({ code: 'CONFLICT', message: 'another program uses this', cure: 'end that program, then try again' }),
  EMFILE: () => ({
    code: 'OUT_OF_FILES',
    message: 'this process has as many files open as it may',
    cure: 'allow more in the same terminal: ulimit -n 4096, then emo-aen down and emo-aen up',
  }),
  ENFILE: () => ({
    code: 'OUT_OF_FILES',
    message: 'this machine has as many files open as it may',
    cure: 'end other programs, or allow more: sudo sysctl fs.file-max=1000000',
  }),
  EIO: (path) => ({
    code: 'ENVIRONMENT',
    message: 'the disk failed while it was read or written',
    cure: `see what the system says of it (sudo dmesg | tail), and copy the project to another disk: ${path ?? 'this one may fail'}`,
  }),
  EPIPE: () => ({ code: 'CHILD_DIED', message: 'the program at the other end of a pipe has ended' }),
  ENOMEM: (_path, text) => ({ code: 'OUT_OF_MEMORY', message: text }),
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ENOTFOUND: unreachable,
  ETIMEDOUT: unreachable,
  ENOENT: (_path, text) => ({ code: 'NOT_FOUND', message: text }),
};

/**
 * The system's own errors that a person can act on, as a {@link Problem}; everything else as it was.
 * @param where what is said of the place where the system named no file
 */
export function fromSystemError(error: unknown, where?: string): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  if (words === undefined) return error;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : null;
  const place = path ?? where;
  return new Problem({ ...words(path, error.message), ...(place === undefined ? {} : { where: place }), cause: error });
}

function refused(path: string | null, text: string): Told {
  const owner = path === null ? null : ownerOf(path);
  if (path === null || owner === null) {
    return {
      code: 'ENVIRONMENT',
      message: `this account may not do that: ${text}`,
      cure: 'use the account that may, or ask who runs this machine',
    };
  }
  const me = accountName(process.getuid?.() ?? 0);
  const message = `the account ${me} may not read or change this; ${owner.path === path ? 'it' : owner.path} belongs to ${owner.name}`;
  const cure =
    owner.name === me
      ? `give yourself the right: chmod u+rwX ${quoted(owner.path)}`
      : `go on as ${owner.name}, or take it over: sudo chown -R ${me} ${quoted(owner.path)}`;
  return { code: 'ENVIRONMENT', message, cure };
}

function unreachable(_path: string | null, text: string): Told {
  return { code: 'UNREACHABLE', message: text };
}

/** Of the file, or of the nearest folder above it that can be looked at. */
function ownerOf(path: string): { readonly path: string; readonly name: string } | null {
  for (let place = path; ; place = dirname(place)) {
    try {
      return { path: place, name: accountName(lstatSync(place).uid) };
    } catch {
      if (place === dirname(place)) return null; // nothing above it can be looked at either
    }
  }
}

/** The name of an account; its number where it has none, as in containers. */
export function accountName(uid: number): string {
  try {
    const own = userInfo();
    if (own.uid === uid) return own.username;
  } catch {
    // an account without an entry: its number stands below
  }
  const entry = passwd().find((fields) => fields[2] === String(uid));
  return entry?.[0] ?? String(uid);
}

function passwd(): string[][] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return []; // a machine without the file: numbers it is
  }
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** What the system refused, as a part of a sentence. @throws any other error as it is */
export function reasonOf(error: unknown): string {
  const problem = fromSystemError(error);
  if (problem instanceof Problem) return problem.message;
  throw error;
}
