/** What a photo's path says: `folder/good/stem.ext`, relative to the photo root, with `/`. */
import { posix } from 'node:path';

/**
 * The file's name without its last extension, by which good and bad are paired. Composed to NFC, because macOS hands out
 * decomposed names and the same word must match.
 */
export function stemOf(file: string): string {
  return posix.basename(file, posix.extname(file)).normalize('NFC');
}
