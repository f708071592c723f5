/** Files of a configuration: where a reference leads, what may be read, and their text with its digest. */
import { createHash } from 'node:crypto';
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { quoted, type Diagnostics } from './diagnostics.js';
import { fileSource, type Source, type Span } from './located.js';
import { nearest } from './nearest.js';

/** A megabyte of YAML is no settings file: the largest pipeline here has a thousand tasks in 150 KiB. */
const MAX_BYTES = 1 << 20;

const YAML = /\.ya?ml$/;

/** Where relative references must stay: below the project root, unless the pipeline itself was given from elsewhere. */
export interface Bounds {
  /** Absolute. */
  readonly root: string;
  /** Absolute, or null for no bound. */
  readonly within: string | null;
}

export interface TextFile {
  /** Relative to the root with `/`, or absolute where it lies elsewhere. */
  readonly path: string;
  readonly absolute: string;
  readonly source: Source;
  readonly sha256: string;
}

/** A file's path as people, plans and ledgers see it: relative to the root with `/`, or absolute where it lies elsewhere. */
export function shownPath(root: string, absolute: string): string {
  return isBelow(root, absolute) ? relative(root, absolute).split(sep).join('/') : absolute;
}

/** Whether a path lies in a folder or deeper. Both absolute. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The file that `name`, written at `span` in the file `from`, means; null, and a diagnostic, if it may not be read. */
export function follow(
  name: string,
  from: string,
  bounds: Bounds,
  span: Span,
  path: readonly PropertyKey[],
  found: Diagnostics,
): string | null {
  const target = resolve(dirname(from), name);
  if (isAbsolute(name) || bounds.within === null || isBelow(bounds.within, target)) return target;
  found.add(span, path, `${quoted(name)} leads out of the project root`, {
    help: 'keep the file below the root, or give its absolute path',
  });
  return null;
}

/** Reads a file that was referred to at `span`; null, and a diagnostic there, with `cure` where no other name is near, if it cannot be. */
export async function readText(
  absolute: string,
  root: string,
  span: Span,
  path: readonly PropertyKey[],
  found: Diagnostics,
  cure: string | null = null,
): Promise<TextFile | null> {
  const shown = shownPath(root, absolute);
  const subject = span.source.inline ? 'the pipeline' : quoted(shown);
  const fault = await unreadable(absolute);
  if (fault !== null) {
    const suggestion = fault === MISSING ? await nearestFile(absolute, resolve(root, span.source.name)) : null;
    found.add(span, path, `${subject} ${fault}`, { suggestion, help: fault === MISSING && suggestion === null ? cure : null });
    return null;
  }
  const bytes = await readFile(absolute);
  const text = decode(bytes);
  if (text === null) {
    found.add(span, path, `${subject} is not UTF-8 text`);
    return null;
  }
  return { path: shown, absolute, source: fileSource(shown, text), sha256: createHash('sha256').update(bytes).digest('hex') };
}

const MISSING = 'is not there';

async function unreadable(absolute: string): Promise<string | null> {
  try {
    const file = await stat(absolute);
    if (!file.isFile()) return 'is a folder or device, not a file';
    return file.size > MAX_BYTES ? `has ${file.size} bytes; a configuration file may have ${MAX_BYTES}` : null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return MISSING;
    if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
    if (code === 'ELOOP') return 'is a symbolic link to itself';
    throw error;
  }
}

/** A file in the same folder whose stem is near, but not the one that refers to it. */
async function nearestFile(absolute: string, from: string): Promise<string | null> {
  const folder = dirname(absolute);
  const names = await readdir(folder).catch(() => []); // no folder: no name to suggest
  const others = names.filter((name) => YAML.test(name) && resolve(folder, name) !== from);
  const stems = new Map(others.map((name) => [name.replace(YAML, ''), name]));
  return stems.get(nearest(basename(absolute).replace(YAML, ''), stems.keys()) ?? '') ?? null;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null; // the only thing a fatal decoder throws for
  }
}
