/** Hashes of photos that nobody took, to measure the search for near-duplicates with. */
import { LANDMARK_BYTES, WHOLE_BYTES } from '../../ml/images/photo-hashes.js';
import { Draws } from '../../ml/random/philox.js';

const LANDMARKS = 24;
/** Of ten photos in a row in the last tenth the first is the photo and the others its copies. */
const CLUSTER = 10;
/** Shapes that occur in many photos, straight edges above all. */
const SHAPES = 10_000;
/** Share of landmarks that show one, and of bits in which they then differ from it. With both, two landmarks are within 5 bits of each other about as often as in photos. */
const SHAPED = 0.2;
const OFF = 0.1;
/** Share of a photo's landmarks that a copy has as well, and of bits that differ. */
const KEPT = 0.5;
const COPY_OFF = 0.03;

/** As `photoHashes` gives them, the same for the same number. */
export function madeHashes(photos: number): string[] {
  const draws = new Draws('degrade', { seed: 1, epoch: 0, index: 0 });
  const word = (): number => draws.below(2 ** 32) | 0;
  const shapes = Int32Array.from({ length: 2 * SHAPES }, word);
  const shaped = (bytes: Buffer, at: number): void => {
    const shape = draws.uniform() < SHAPED ? draws.below(SHAPES) : null;
    bytes.writeInt32BE((shape === null ? word() : noisy(shapes[2 * shape] as number, OFF, draws)) & 0x7fffffff, at);
    bytes.writeInt32BE(shape === null ? word() : noisy(shapes[2 * shape + 1] as number, OFF, draws), at + 4);
    for (let place = 8; place < LANDMARK_BYTES; place++) bytes.writeUInt8(30 + draws.below(70), at + place);
  };
  const photo = (): Buffer => {
    const bytes = Buffer.alloc(WHOLE_BYTES + LANDMARKS * LANDMARK_BYTES);
    bytes.writeInt32BE(word() & 0x7fffffff, 0);
    bytes.writeInt32BE(word(), 4);
    for (let landmark = 0; landmark < LANDMARKS; landmark++) shaped(bytes, WHOLE_BYTES + landmark * LANDMARK_BYTES);
    return bytes;
  };
  const copyOf = (original: Buffer): Buffer => {
    const bytes = Buffer.from(original);
    for (let at = WHOLE_BYTES; at < bytes.length; at += LANDMARK_BYTES) {
      if (draws.uniform() >= KEPT) shaped(bytes, at);
      else for (const half of [at, at + 4]) bytes.writeInt32BE(noisy(bytes.readInt32BE(half), COPY_OFF, draws), half);
    }
    return bytes;
  };
  let original = photo();
  return Array.from({ length: photos }, (_, number) => {
    const copies = number >= 0.9 * photos && number % CLUSTER > 0;
    if (!copies) original = photo();
    return (copies ? copyOf(original) : original).toString('base64');
  });
}

function noisy(word: number, share: number, draws: Draws): number {
  let bits = word;
  for (let place = 0; place < 32; place++) if (draws.uniform() < share) bits ^= 1 << place;
  return bits;
}
