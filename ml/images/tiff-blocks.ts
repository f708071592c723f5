/** The strips or tiles of a TIFF, held against the checksums that they carry (TIFF 6.0, sections 3 and 15; Technical Note 3: Deflate). */
import { kMaxLength } from 'node:buffer';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { Problem } from '../../configs/problem.js';
import { TiffDirectory } from './tiff-directory.js';
import { TAGS } from './tiff-tags.js';

/** Deflate, and the number that it had before it had one. */
const DEFLATE: readonly number[] = [8, 32946];
const SEPARATE_PLANES = 2;

/** Bytes that are inflated at a time: with zlib's own 16 KiB it takes nearly twice as long. It takes no less than LEAST. */
const CHUNK = 1 << 20;
const LEAST = 64;

const inflated = promisify(inflate);

/**
 * libtiff stops inflating at a block's last row, and often before the Adler-32 behind it; zlib does not. Of blocks that are stored otherwise (as
 * they are, LZW, PackBits) there is no checksum, and nothing is said.
 * @param tiff of one page that libtiff could decode @throws Problem PHOTO where the bytes of a block do not add up to its checksum
 */
export async function checkTiffBlocks(tiff: Buffer): Promise<void> {
  const directory = new TiffDirectory(tiff);
  if (!DEFLATE.includes(directory.numbers(TAGS.compression)[0] ?? 0)) return;
  const { kind, offsets, lengths, most } = blocksOf(directory);
  for (const [number, offset] of offsets.entries()) {
    const block = tiff.subarray(offset, offset + (lengths[number] ?? 0));
    await inflated(block, { maxOutputLength: most, chunkSize: Math.min(most, CHUNK) }).catch((cause: unknown) => {
      throw new Problem({
        code: 'PHOTO',
        message: `${kind} ${number + 1} of ${offsets.length} does not agree with its checksum`,
        cure: 'replace the file by a whole photo',
        cause,
      });
    });
  }
}

interface Blocks {
  readonly kind: 'tile' | 'strip';
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  /** Bytes that a block may inflate to. */
  readonly most: number;
}

function blocksOf(directory: TiffDirectory): Blocks {
  const first = (tag: number): number | undefined => directory.numbers(tag)[0];
  const height = first(TAGS.height) ?? 0;
  const [width, rows] = [first(TAGS.tileWidth) ?? first(TAGS.width) ?? 0, first(TAGS.tileHeight) ?? first(TAGS.rowsPerStrip) ?? height];
  const samples = first(TAGS.planes) === SEPARATE_PLANES ? 1 : (first(TAGS.samplesPerPixel) ?? 1);
  // As many as the file says: too many to be arguments.
  const bits = samples * directory.numbers(TAGS.bitsPerSample).reduce((most, sample) => Math.max(most, sample), 1);
  const tiled = first(TAGS.tileOffsets) !== undefined;
  return {
    kind: tiled ? 'tile' : 'strip',
    offsets: directory.numbers(tiled ? TAGS.tileOffsets : TAGS.stripOffsets),
    lengths: directory.numbers(tiled ? TAGS.tileLengths : TAGS.stripLengths),
    most: Math.min(kMaxLength, Math.max(LEAST, Math.ceil((width * bits) / 8) * (tiled ? rows : Math.min(rows, height)))),
  };
}
