/**
 * What is kept of a photo to find its near-duplicates by: a hash of the whole, and hashes of up to 24 landmarks with their places, in Base64.
 * 8 bytes for the whole, then 11 a landmark: 8 of its hash, then x, y and half its side in pixels. A photo with all landmarks has
 * 272 bytes, 364 characters.
 */
import { GreySums } from './grey-sums.js';
import { findLandmarks } from './landmarks.js';
import { writeSquareHash } from './square-hash.js';

/** Side of the square that the hashes are made of, in pixels. */
export const HASHED_SIDE = 256;
/** More find smaller crops, and take more room and time (docs/near-duplicates.md). */
const LANDMARKS = 24;
/** Standard deviation of the grey values, in [0, 255], under which there is no structure to tell two pictures apart by. */
const FLAT = 2;

export const WHOLE_BYTES = 8;
export const LANDMARK_BYTES = 11;

/** Taken anew for each photo, half a megabyte would be given back a hundred times a second. */
const room = new Float64Array((HASHED_SIDE + 1) ** 2);

/** @param pixels 256 x 256 x 3 bytes, RGB, as `decodeSquare` gives them. @returns null for a nearly uniform picture. */
export function photoHashes(pixels: Uint8Array): string | null {
  const sums = new GreySums(pixels, HASHED_SIDE, room);
  if (sums.deviation < FLAT) return null;
  const landmarks = findLandmarks(sums, LANDMARKS);
  const words = new Int32Array(2 * (landmarks.length + 1));
  writeSquareHash(sums, 0, 0, HASHED_SIDE, words, 0);
  const bytes = Buffer.alloc(WHOLE_BYTES + LANDMARK_BYTES * landmarks.length);
  bytes.writeInt32BE(words[0] as number, 0);
  bytes.writeInt32BE(words[1] as number, 4);
  landmarks.forEach(({ x, y, half }, number) => {
    const word = 2 * (number + 1);
    writeSquareHash(sums, x - half, y - half, 2 * half, words, word);
    const at = WHOLE_BYTES + number * LANDMARK_BYTES;
    bytes.writeInt32BE(words[word] as number, at);
    bytes.writeInt32BE(words[word + 1] as number, at + 4);
    [x, y, half].forEach((pixel, place) => bytes.writeUInt8(Math.min(255, Math.round(pixel)), at + 8 + place));
  });
  return bytes.toString('base64');
}
