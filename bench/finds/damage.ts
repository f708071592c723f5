/** Files that lost something: each damage done to each format. */
import type { Sharp } from 'sharp';
import { Draws } from '../../ml/random/philox.js';
import { cutTo, withFlips, withHole } from './bytes.js';
import type { Kind } from './kinds.js';
import { goodOf, photo } from './photos.js';

interface Format {
  readonly name: string;
  readonly extension: string;
  readonly write: (image: Sharp) => Sharp;
  /** Holds no sum over its data, and a decoder that goes on with whatever bits there are: a few wrong ones are just another photo. */
  readonly unchecked?: boolean;
  /** Its scans refine each other, so that a scan which lost a little can still read as one. */
  readonly progressive?: boolean;
  /** Its arithmetic coder takes any bits for a picture. */
  readonly arithmetic?: boolean;
}

const FORMATS: readonly Format[] = [
  { name: 'JPEG', extension: 'jpg', write: (image) => image.jpeg({ quality: 90 }), unchecked: true },
  {
    name: 'progressive JPEG',
    extension: 'jpg',
    write: (image) => image.jpeg({ quality: 90, progressive: true }),
    unchecked: true,
    progressive: true,
  },
  { name: 'PNG', extension: 'png', write: (image) => image.png({ compressionLevel: 4 }) },
  { name: 'WebP', extension: 'webp', write: (image) => image.webp({ quality: 90, effort: 1 }), unchecked: true, arithmetic: true },
  { name: 'lossless WebP', extension: 'webp', write: (image) => image.webp({ lossless: true, effort: 0 }), unchecked: true },
  { name: 'TIFF', extension: 'tiff', write: (image) => image.tiff({ compression: 'deflate' }) },
  { name: 'AVIF', extension: 'avif', write: (image) => image.avif({ quality: 70, effort: 0 }), unchecked: true },
];

interface Damage {
  readonly name: string;
  readonly codes: Kind['codes'];
  readonly done: (bytes: Buffer, draws: Draws) => Buffer;
  /** A few bits: where a format holds no sums, not all of it shows. */
  readonly slight?: boolean;
  /** Within one scan of a progressive file. */
  readonly short?: boolean;
  readonly hole?: boolean;
}

const CUT = ['truncated', 'damaged', 'not-an-image'] as const;
const HURT = ['damaged', 'truncated', 'not-an-image'] as const;
const TURNED_BITS = 8;

const DAMAGES: readonly Damage[] = [
  { name: 'without its last two bytes', codes: CUT, done: (bytes) => bytes.subarray(0, -2) },
  { name: 'without its last tenth', codes: CUT, done: (bytes) => cutTo(bytes, 0.9) },
  { name: 'cut in half', codes: CUT, done: (bytes) => cutTo(bytes, 0.5) },
  { name: 'with a hole of 4 KiB', codes: HURT, done: (bytes, draws) => withHole(bytes, 4096, draws), hole: true },
  { name: 'with a hole of 1 KiB', codes: HURT, done: (bytes, draws) => withHole(bytes, 1024, draws), hole: true, short: true },
  { name: `with ${TURNED_BITS} bits turned over`, codes: HURT, done: (bytes, draws) => withFlips(bytes, TURNED_BITS, draws), slight: true },
];

const BEYOND = 'the format holds no checksum of its data: a turned bit gives another photo that is as valid';

const ANY_BITS =
  'the format holds no checksum, and its arithmetic coder takes any bits for a picture: long runs of zeros are also what a large plain area comes to';
const LOST_SCAN = 'zeros can read as the rest of a scan that changes little, and the next one begins at its marker';

export const DAMAGE: readonly Kind[] = DAMAGES.flatMap((damage) =>
  FORMATS.map((format): Kind => {
    return {
      name: `${format.name} ${damage.name}`,
      codes: damage.codes,
      ...(damage.slight === true && format.unchecked === true ? { beyond: BEYOND } : {}),
      ...(damage.hole === true && format.arithmetic === true ? { beyond: ANY_BITS } : {}),
      ...(damage.short === true && format.progressive === true ? { beyond: LOST_SCAN } : {}),
      make: async (folder, _number, seed) => {
        const whole = await format.write(await photo(seed)).toBuffer();
        const hurt = damage.done(whole, new Draws('degrade', { seed: 6, epoch: 1, index: seed }));
        return goodOf(folder, `a.${format.extension}`, hurt, seed);
      },
    };
  }),
);
