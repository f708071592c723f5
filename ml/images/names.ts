/** What a photo's path says: `folder/good/stem.ext`, relative to the photo root, with `/`. */
import { posix } from 'node:path';

/**
 * The one form in which names are compared: macOS hands out decomposed names (NFD), others composed ones (NFC), and the same word must match.
 * Scenes have their names in this form; the file of a photo is as it lies on disk.
 */
export function composed(name: string): string {
  return name.normalize('NFC');
}

/** Of names that some file systems take for one. */
export function folded(name: string): string {
  return composed(name).toLowerCase();
}

/** How a name is written that looks like another. */
export function formOf(name: string): string {
  if (name === composed(name)) return 'composed (NFC)';
  return name === name.normalize('NFD') ? 'decomposed (NFD)' : 'partly composed';
}

/** The file's name without its last extension, composed: good and bad are paired by it. */
export function stemOf(file: string): string {
  return composed(posix.basename(file, posix.extname(file)));
}

/** What scores.csv calls a photo: its file without the scene, composed. */
export function nameInScene(file: string): string {
  return composed(file.slice(file.indexOf('/') + 1));
}

/** Keys in the form in which names are compared. */
export function composedKeys<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [composed(name), value]));
}

/** A name as people can read it on one line: control and formatting characters (line breaks, right-to-left marks) as escapes. */
export function visible(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => ESCAPES[character] ?? `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Formats that hold photos and that every step decodes, as headers name them, with the extensions of their files; the first is what a renamed file gets. */
export const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  jpeg: ['.jpg', '.jpeg', '.jpe', '.jfif'],
  png: ['.png'],
  webp: ['.webp'],
  tiff: ['.tif', '.tiff'],
  heif: ['.avif', '.heif'],
  heic: ['.heic', '.heif', '.hif'],
};

/** Of files that are taken for photos, and of GIF, so that rank and audit say that it is none that they take. */
export const PHOTO_EXTENSIONS: ReadonlySet<string> = new Set([...Object.values(EXTENSIONS).flat(), '.gif']);
