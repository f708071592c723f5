/** What a photo's path says: `folder/good/stem.ext`, relative to the photo root, with `/`. */
import { posix } from 'node:path';

/**
 * The file's name without its last extension, by which good and bad are paired. Composed to NFC, because macOS hands out
 * decomposed names and the same word must match.
 */
export function stemOf(file: string): string {
  return posix.basename(file, posix.extname(file)).normalize('NFC');
}

/** A name as people can read it on one line: control and formatting characters (line breaks, right-to-left marks) as escapes. */
export function visible(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => ESCAPES[character] ?? `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Formats that hold photos and that every step decodes, as sharp names them, with the extensions of their files; the first is what a renamed file gets. */
export const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  jpeg: ['.jpg', '.jpeg', '.jpe', '.jfif'],
  png: ['.png'],
  webp: ['.webp'],
  tiff: ['.tif', '.tiff'],
  heif: ['.avif', '.heif', '.heic'],
};
