/**
 * Names and paths that come from files and payloads: what their text may be. Where one leads on disk is checked by
 * ml/files/place.ts.
 */
import { z } from 'zod';

const MOST_SHOWN = 80;
/** Bytes in UTF-8: the longest name that Linux and macOS take. */
export const MOST_NAME_BYTES = 255;
/** Bytes in UTF-8. Leaves room for the folder in front of it: macOS takes 1,024 in all. */
const MOST_PATH_BYTES = 768;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
/** Control characters, and halves of a pair, which no file name in UTF-8 can hold. */
const CONTROL = /[\p{Cc}\p{Cs}]/u;

/** Why a text cannot be the name of a file or folder; null where it can. */
export function nameFault(name: string): string | null {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return `is "${name}"`;
  if (/[/\\]/.test(name)) return 'holds a separator of folders';
  if (CONTROL.test(name)) return 'holds a control character';
  return bytesOf(name) > MOST_NAME_BYTES ? `has more than ${MOST_NAME_BYTES} bytes` : null;
}

/** Why a text cannot be a path below a folder, of names with `/` between them; null where it can. */
export function pathFault(path: string): string | null {
  if (bytesOf(path) > MOST_PATH_BYTES) return `has more than ${MOST_PATH_BYTES} bytes`;
  const fault = path
    .split('/')
    .map(nameFault)
    .find((found) => found !== null);
  return fault === undefined ? null : `has a name in it that ${fault}`;
}

const textWithout = (faultOf: (text: string) => string | null, quote: '"' | '`' = '"'): z.ZodString =>
  z.string().superRefine((text, context) => {
    const fault = faultOf(text);
    if (fault !== null) context.addIssue({ code: 'custom', message: `${quote}${text.slice(0, MOST_SHOWN)}${quote} ${fault}` });
  });

/** The name of one file or folder. */
export const FileName = textWithout(nameFault);
/** A path below a folder that the reader knows: relative, with `/`, without `.` and `..`. */
export const InnerPath = textWithout(pathFault);

/** A setting: a file or folder that the product writes. Relative to the project root and below it. */
export const WrittenPath = textWithout((path) => {
  if (isAbsolute(path)) return 'is absolute: what is written lies below the project root';
  const inner = plain(path);
  return inner === null || inner === '' ? OUT : pathFault(inner);
}, '`').min(1);

/** A setting: a file or folder that is only read. Relative to the project root and in it, or absolute and anywhere. */
export const ReadPath = textWithout((path) => (isAbsolute(path) || plain(path) !== null ? null : OUT), '`').min(1);

const OUT = 'leads out of the project root';

/** `a/b` for `./a//x/../b/`: the same place without detours. Empty for the starting point itself, null where the way leads above it. */
export function plain(path: string): string | null {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..' && names.pop() === undefined) return null;
    if (!['', '.', '..'].includes(name)) names.push(name);
  }
  return names.join('/');
}

function isAbsolute(path: string): boolean {
  return /^([/\\]|[a-zA-Z]:[/\\])/.test(path);
}
