/** Our own C++ (ml/images/native, ml/engine/native), which `--sanitize` runs as built with AddressSanitizer and UndefinedBehaviorSanitizer. */
import { crc32 } from '../../../ml/files/crc32.js';
import { readInstallation } from '../../../configs/load/installation.js';
import { Problem } from '../../../configs/problem.js';
import { loadAddon } from '../../../ml/addon.js';
import { readHeader, unreadable } from '../../../ml/images/decode.js';
import type { Decoder } from '../../../ml/images/decoder.js';
import { centreOffset, resizedSides } from '../../../ml/images/geometry.js';
import { Dice } from '../mutate.js';
import type { Parser } from '../parser.js';
import { JPEG_WORDS, photosOf, pngChecksums, PNG_WORDS, WEBP_WORDS } from './photos.js';

const MOST_PIXELS = 1e6;
const SHRINKS = [1, 2, 4, 8] as const;

let decoder: Promise<Decoder> | null = null;
async function loaded(): Promise<Decoder> {
  const path = process.env['EMO_AEN_FUZZ_DECODER'] ?? (await readInstallation()).decoder;
  return (await loadAddon(path, 'our decoder of photos')) as Decoder;
}

/** As decode.ts asks, in every way that it may: what is asked is drawn from the input. */
async function decode(bytes: Buffer): Promise<string | null> {
  const dice = new Dice(crc32(bytes), 0);
  const header = await readHeader(bytes);
  if (header.width * header.height > MOST_PIXELS) return 'too many pixels';
  const size = dice.of([1, 8, 16, 33]);
  const { width, height } = resizedSides(header.width, header.height, size);
  const crop = {
    resizedWidth: width,
    resizedHeight: height,
    left: centreOffset(width, size),
    top: centreOffset(height, size),
    size,
    orientation: 1 + dice.below(8),
  };
  const shrink = dice.of(SHRINKS);
  const loader = header.format === 'webp' ? `[scale=${1 / shrink}]` : '';
  const square = Buffer.allocUnsafeSlow(size * size * 3);
  decoder ??= loaded();
  await (
    await decoder
  )
    .decodeSquare(bytes, square, crop, {
      shrink,
      loader,
      ignoreProfile: dice.below(4) === 0 ? 0 : 1,
      insistOnEnd: dice.below(2) === 0 ? 0 : 1,
    })
    .catch((cause: unknown) => {
      throw unreadable(cause);
    });
  return null;
}

export const NATIVE: readonly Parser[] = [
  {
    name: 'decoder',
    native: 'decoder',
    seeds: () => photosOf('jpeg', 'png', 'webp', 'tiff'),
    words: [...JPEG_WORDS, ...PNG_WORDS, ...WEBP_WORDS],
    repair: pngChecksums,
    read: async (bytes) => {
      try {
        return await decode(bytes);
      } catch (error) {
        if (error instanceof Problem && error.code === 'ENVIRONMENT') throw new Error(error.describe(), { cause: error });
        throw error;
      }
    },
  },
  {
    name: 'kernels',
    native: 'kernels',
    // TensorFlow takes its memory as it goes.
    megabytes: 1024,
    seeds: async () => [Buffer.alloc(32)],
    read: async (bytes) => {
      // Loads TensorFlow, which no other parser needs.
      const { compareOperations } = await import('../operations.js');
      compareOperations(new Dice(crc32(bytes), 0));
      return null;
    },
  },
];
