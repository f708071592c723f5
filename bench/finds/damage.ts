/** Files that lost something: each damage done to each format. */
import type { Sharp } from 'sharp';
import { Draws } from '../../ml/random/philox.js';
import { cutTo, withBlockAstray, withFlips, withHole, withNoise } from './bytes.js';
import type { Kind } from './kinds.js';
import { goodOf, photo } from './photos.js';

interface Format {
  readonly name: string;
  readonly extension: string;
  readonly write: (image: Sharp) => Sharp;
  /** Why a few turned bits may leave nothing to be found. */
  readonly slight?: string;
  /** Why a hole of 1 KiB of zeros may. */
  readonly short?: string;
  /** Why a block of other bytes than zeros may. */
  readonly strange?: string;
}

const SAME_LENGTH =
  'the format holds no checksum: a turned bit may make a code into another of the same length, and the file into one of another photo';
const REFINING = 'in a scan that refines an earlier one zeros read as small changes, by chance of as many blocks';
const IN_STEP = 'the format holds no checksum, and its codes fall into step again, by chance with as many pixels';

const UNREAD =
  'the format holds no checksum: only reading all codes tells that they end too early or too late, which takes a quarter of the time of decoding and is done where there are zeros';

const SAME_LENGTH_OR_UNREAD = `${SAME_LENGTH}; where it does not, only reading all codes would tell`;

const FORMATS: readonly Format[] = [
  { name: 'JPEG', extension: 'jpg', write: (image) => image.jpeg({ quality: 90 }), slight: SAME_LENGTH_OR_UNREAD, strange: UNREAD },
  {
    name: 'JPEG of full colour (4:4:4)',
    extension: 'jpg',
    write: (image) => image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
    slight: SAME_LENGTH_OR_UNREAD,
    strange: UNREAD,
  },
  {
    name: 'progressive JPEG',
    extension: 'jpg',
    write: (image) => image.jpeg({ quality: 90, progressive: true }),
    slight: SAME_LENGTH,
    short: REFINING,
  },
  { name: 'PNG', extension: 'png', write: (image) => image.png({ compressionLevel: 4 }) },
  { name: 'WebP', extension: 'webp', write: (image) => image.webp({ quality: 90, effort: 1 }) },
  {
    name: 'lossless WebP',
    extension: 'webp',
    write: (image) => image.webp({ lossless: true, effort: 0 }),
    slight: SAME_LENGTH,
    strange: IN_STEP,
  },
  { name: 'TIFF', extension: 'tiff', write: (image) => image.tiff({ compression: 'deflate' }) },
  { name: 'AVIF', extension: 'avif', write: (image) => image.avif({ quality: 70, effort: 0 }), slight: SAME_LENGTH },
];

interface Damage {
  readonly name: string;
  readonly codes: Kind['codes'];
  readonly done: (bytes: Buffer, draws: Draws) => Buffer;
  /** Which reason of a format there may be for not finding it. */
  readonly beyond?: 'slight' | 'short' | 'strange';
}

const CUT = ['truncated', 'damaged', 'not-an-image'] as const;
const HURT = ['damaged', 'truncated', 'not-an-image'] as const;
const TURNED_BITS = 8;

const DAMAGES: readonly Damage[] = [
  { name: 'without its last two bytes', codes: CUT, done: (bytes) => bytes.subarray(0, -2) },
  { name: 'without its last tenth', codes: CUT, done: (bytes) => cutTo(bytes, 0.9) },
  { name: 'cut in half', codes: CUT, done: (bytes) => cutTo(bytes, 0.5) },
  { name: 'with a hole of 4 KiB', codes: HURT, done: (bytes, draws) => withHole(bytes, 4096, draws) },
  { name: 'with a hole of 1 KiB', codes: HURT, done: (bytes, draws) => withHole(bytes, 1024, draws), beyond: 'short' },
  { name: 'with 4 KiB of noise in it', codes: HURT, done: (bytes, draws) => withNoise(bytes, 4096, draws), beyond: 'strange' },
  {
    name: 'with 4 KiB of another place in it',
    codes: HURT,
    done: (bytes, draws) => withBlockAstray(bytes, 4096, draws),
    beyond: 'strange',
  },
  {
    name: `with ${TURNED_BITS} bits turned over`,
    codes: HURT,
    done: (bytes, draws) => withFlips(bytes, TURNED_BITS, draws),
    beyond: 'slight',
  },
];

export const DAMAGE: readonly Kind[] = DAMAGES.flatMap((damage) =>
  FORMATS.map((format): Kind => {
    const beyond = damage.beyond === undefined ? undefined : format[damage.beyond];
    return {
      name: `${format.name} ${damage.name}`,
      codes: damage.codes,
      ...(beyond === undefined ? {} : { beyond }),
      make: async (folder, _number, seed) => {
        const whole = await format.write(await photo(seed)).toBuffer();
        const hurt = damage.done(whole, new Draws('degrade', { seed: 6, epoch: 1, index: seed }));
        return goodOf(folder, `a.${format.extension}`, hurt, seed);
      },
    };
  }),
);
