/** How many copies of photos are found as near-duplicates, and how many different photos are taken for them. */
import sharp from 'sharp';
import { readSquare } from '../../../../ml/images/read-square.js';
import { nearDuplicates } from '../../../../ml/images/near-duplicates.js';
import { HASHED_SIDE, photoHashes } from '../../../../ml/images/photo-hashes.js';
import { copyOf, type Copy } from './copies.js';

/** As the audit hashes a photo. */
export async function hashesOf(photo: Buffer): Promise<string | null> {
  return photoHashes(await readSquare(photo, { size: HASHED_SIDE, maxPixels: 1e8, minSide: 1, where: 'photo' }));
}

/** Of photos and one copy of each. */
export interface Recall {
  /** Copies that are near-duplicates of what they were made of. */
  readonly found: number;
  /** Pairs of a photo or copy with another photo or its copy. */
  readonly wrong: number;
}

/** For each distance. @param hashes of the photos. */
export async function recallOf(
  photos: readonly Buffer[],
  hashes: readonly (string | null)[],
  copy: Copy,
  distances: readonly number[],
): Promise<Recall[]> {
  const copies: (string | null)[] = [];
  for (const [number, photo] of photos.entries()) copies.push(await hashesOf(await copyOf(photo, copy, number)));
  return distances.map((distance) => {
    const edges = nearDuplicates([...hashes, ...copies], distance);
    const found = edges.filter(({ a, b }) => b === a + photos.length).length;
    return { found, wrong: edges.length - found };
  });
}

/** Hashes of the pieces of photos that are cut into `parts` by `parts`, photo by photo. */
export async function piecesOf(photos: readonly Buffer[], parts: number): Promise<(string | null)[]> {
  const hashes: (string | null)[] = [];
  for (const photo of photos) {
    const side = Math.floor((await sharp(photo).metadata()).width / parts);
    for (let piece = 0; piece < parts ** 2; piece++) {
      const region = { left: (piece % parts) * side, top: Math.floor(piece / parts) * side, width: side, height: side };
      hashes.push(await hashesOf(await sharp(photo).extract(region).png({ compressionLevel: 1 }).toBuffer()));
    }
  }
  return hashes;
}

/** Pairs of pieces of different photos that are taken for near-duplicates. @param each pieces that follow one another and are of one photo. */
export function wrongPairs(hashes: readonly (string | null)[], each: number, distance: number): number {
  return nearDuplicates(hashes, distance).filter(({ a, b }) => Math.floor(a / each) !== Math.floor(b / each)).length;
}
