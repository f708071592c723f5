/** The hashes of many photos, decoded side by side: what is compared millions of times is in arrays of numbers. Texts are those of `photoHashes`. */
import { Problem } from '../../configs/problem.js';
import { LANDMARK_BYTES, WHOLE_BYTES } from './photo-hashes.js';

/** Base64 that holds the first 8 bytes, and one more. */
const WHOLE_CHARACTERS = 12;

export interface LandmarkTable {
  /** A photo's landmarks stand from `starts[photo]` to `starts[photo + 1]`. */
  readonly starts: Uint32Array;
  /** Two words a landmark. */
  readonly landmarks: Int32Array;
  /** x, y and half the side of each landmark, in pixels of the hashed square. */
  readonly places: Uint8Array;
  /** Whose each landmark is. */
  readonly photos: Uint32Array;
}

/** Two words a photo. @throws Problem PHOTO for other texts. */
export function wholesOf(texts: readonly string[]): Int32Array {
  const wholes = new Int32Array(2 * texts.length);
  texts.forEach((text, photo) => {
    landmarksIn(text);
    const bytes = Buffer.from(text.slice(0, WHOLE_CHARACTERS), 'base64');
    wholes[2 * photo] = bytes.readInt32BE(0);
    wholes[2 * photo + 1] = bytes.readInt32BE(4);
  });
  return wholes;
}

/** @throws Problem PHOTO for other texts. */
export function landmarksOf(texts: readonly string[]): LandmarkTable {
  const starts = new Uint32Array(texts.length + 1);
  texts.forEach((text, photo) => (starts[photo + 1] = (starts[photo] as number) + landmarksIn(text)));
  const count = starts[texts.length] as number;
  const table: LandmarkTable = {
    starts,
    landmarks: new Int32Array(2 * count),
    places: new Uint8Array(3 * count),
    photos: new Uint32Array(count),
  };
  texts.forEach((text, photo) => decodeInto(table, text, photo));
  return table;
}

function decodeInto({ starts, landmarks, places, photos }: LandmarkTable, text: string, photo: number): void {
  const bytes = Buffer.from(text, 'base64');
  let at = WHOLE_BYTES;
  for (let landmark = starts[photo] as number; landmark < (starts[photo + 1] as number); landmark++, at += LANDMARK_BYTES) {
    landmarks[2 * landmark] = bytes.readInt32BE(at);
    landmarks[2 * landmark + 1] = bytes.readInt32BE(at + 4);
    places.set(bytes.subarray(at + 8, at + LANDMARK_BYTES), 3 * landmark);
    photos[landmark] = photo;
  }
}

function landmarksIn(text: string): number {
  const count = (Buffer.byteLength(text, 'base64') - WHOLE_BYTES) / LANDMARK_BYTES;
  if (Number.isInteger(count) && count >= 0) return count;
  throw new Problem({
    code: 'PHOTO',
    message: `"${text.slice(0, 20)}" is not what is kept of a photo to find its near-duplicates by`,
    cure: 'hash the photo again',
  });
}
