/** One hash for a whole photo set: what locks the splits and names the set in manifest and changelog. */
import { createHash } from 'node:crypto';
import type { Digests } from '../files/digests.js';
import { composed } from './names.js';
import { scanPhotos, type FoundPhoto } from './scan.js';

export interface PhotoDigest {
  /** Relative to the photo root, with `/`. */
  readonly file: string;
  readonly sha256: string;
}

/** sha256 over path, composed, and digest of every photo, in the order of their paths' code units. Names are quoted, so that none can look like two. */
export function datasetHash(photos: readonly PhotoDigest[]): string {
  const hash = createHash('sha256');
  const ordered = photos.map(({ file, sha256 }) => ({ file: composed(file), sha256 })).sort((a, b) => (a.file < b.file ? -1 : 1));
  for (const { file, sha256 } of ordered) hash.update(`${JSON.stringify([file, sha256])}\n`);
  return hash.digest('hex');
}

/** The digests of a set's photos, without decoding any. @throws the system's error for a photo that cannot be read. */
export async function hashPhotoSet(
  root: string,
  digests: Digests,
): Promise<{ readonly hash: string; readonly photos: readonly (FoundPhoto & PhotoDigest)[] }> {
  const photos: (FoundPhoto & PhotoDigest)[] = [];
  for (const photo of (await scanPhotos(root)).photos) photos.push({ ...photo, sha256: (await digests.of(photo.path)).sha256 });
  await digests.save();
  return { hash: datasetHash(photos), photos };
}
