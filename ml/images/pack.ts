/**
 * Writes the packed photo cache: each photo decoded once, for all runs that use the same photos at the same size. The file's name is a
 * key over all that decides its bytes; its hash stands beside it, so that a cache that was cut off or altered is built again.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { isAbout, Problem } from '../../configs/problem.js';
import type { DatasetIndex, Photo } from '../../configs/schema/photos.js';
import { canonicalHash } from '../../configs/load/canonical.js';
import { writeAtomically, writeFileAtomically } from '../files/atomic.js';
import { decodeSquare, PHOTOS_IN_FLIGHT } from './decode.js';

export interface PackOptions {
  /** Absolute project root. */
  readonly root: string;
  readonly dataset: DatasetIndex;
  /** Pixels of a square's side. */
  readonly size: number;
  /** Absolute folder of the caches, shared between runs. */
  readonly folder: string;
  /** Called after each photo that was decoded, and while a cache that is there already is read through. */
  readonly onPhoto?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface PackedCache {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Found whole from an earlier run. */
  readonly reused: boolean;
}

/** Raise it when the same photos would be decoded to other bytes. */
const DECODING = 1;

/** Uses the cache that is there if its bytes hold, else builds it. @throws Problem DATASET for a photo that changed since the audit. */
export async function packPhotos(options: PackOptions): Promise<PackedCache> {
  const path = join(options.folder, `photos-${cacheKey(options.dataset, options.size)}.bin`);
  return (await wholeCache(path, options)) ?? build(path, options);
}

/** What decides a cache's bytes: the photos in their order, the size, and the decoder. */
function cacheKey({ photos }: DatasetIndex, size: number): string {
  const digests = photos.map(({ sha256 }) => sha256);
  return canonicalHash({ decoding: DECODING, vips: sharp.versions.vips, size, digests }).slice(0, 32);
}

const hashFileOf = (path: string): string => `${path}.sha256`;

async function wholeCache(path: string, { size, dataset, onPhoto, signal }: PackOptions): Promise<PackedCache | null> {
  const hash = createHash('sha256');
  const photoBytes = size * size * 3;
  const total = dataset.photos.length;
  try {
    const expected = (await readFile(hashFileOf(path), 'utf8')).trim();
    let bytes = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      onPhoto?.(Math.floor(bytes / photoBytes), total);
    }
    const sha256 = hash.digest('hex');
    return sha256 === expected ? { path, sha256, bytes, reused: true } : null;
  } catch (error) {
    if (isAbout(error, 'ENOENT')) return null;
    throw error;
  }
}

async function build(path: string, { root, dataset, size, onPhoto, signal }: PackOptions): Promise<PackedCache> {
  const photoRoot = resolve(root, dataset.root);
  const hash = createHash('sha256');
  const total = dataset.photos.length;
  // Without its hash a cache is no cache: whatever happens from here on, an old hash never vouches for new bytes.
  await rm(hashFileOf(path), { force: true });
  await writeAtomically(path, async (file) => {
    const squares: AsyncIterable<Buffer> = Readable.from(dataset.photos).map((photo: Photo) => squareOf(photoRoot, photo, size), {
      concurrency: PHOTOS_IN_FLIGHT,
    });
    let done = 0;
    for await (const square of squares) {
      signal?.throwIfAborted();
      hash.update(square);
      await file.write(square);
      onPhoto?.(++done, total);
    }
  });
  const sha256 = hash.digest('hex');
  await writeFileAtomically(hashFileOf(path), `${sha256}\n`);
  return { path, sha256, bytes: total * size * size * 3, reused: false };
}

async function squareOf(photoRoot: string, { file, sha256, width, height }: Photo, size: number): Promise<Buffer> {
  const bytes = await readFile(join(photoRoot, file)).catch((cause: unknown) => {
    if (!isAbout(cause, 'ENOENT', 'EACCES', 'EISDIR')) throw cause;
    throw changed(file, `cannot be read (${cause.code})`, cause);
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw changed(file, 'is not the file that was audited');
  // These are the bytes that were audited: their sides are known, and another profile than sRGB's is not let through.
  return decodeSquare(bytes, { width, height, icc: null }, size);
}

function changed(file: string, message: string, cause?: unknown): Problem {
  return new Problem({
    code: 'DATASET',
    message: `this photo changed since the audit: it ${message}`,
    where: file,
    cure: 'put it back, or retry the audit so that the set is looked at again',
    cause,
  });
}
