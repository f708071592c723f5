/**
 * Writes the packed photo cache: each photo decoded once, for all runs that use the same photos at the same size. The file's name is a
 * key over all that decides its bytes; its hash stands beside it, so that a cache that was cut off or altered is built again.
 *
 * What the audit decoded, or an earlier cache holds, is taken from there by the photo's content (tiles.ts). A segment of the audit that is
 * the cache already, square for square, becomes it; the others are removed once the cache holds all that they hold.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { isAbout, Problem } from '../../configs/problem.js';
import type { DatasetIndex, Photo } from '../../configs/schema/photos.js';
import { canonicalHash } from '../../configs/load/canonical.js';
import { Digests } from '../files/digests.js';
import { writeAtomically, writeFileAtomically } from '../files/atomic.js';
import { syncFolder } from '../files/folders.js';
import { PHOTOS_UNDER_WAY } from './decoders/at-once.js';
import { withDecoders, type Decoders } from './decoders/decoders.js';
import { squareOf } from './square-in.js';
import { DECODER, removeTileFile, tileBytes, tileDigest, Tiles, writeRows, type TileFile, type TileRow } from './tiles.js';

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
  /** Told what kept the digest of a cache that is there from being remembered: it is then read as a whole. */
  readonly onForgetful?: (message: string) => void;
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

/** Uses the cache that is there if its bytes hold, else builds it. @throws Problem DATASET for a photo that changed since the audit, PHOTO for one that crashes a decoder. */
export async function packPhotos(options: PackOptions): Promise<PackedCache> {
  const path = join(options.folder, `photos-${cacheKey(options.dataset, options.size)}.bin`);
  const whole = await wholeCache(path, options);
  if (whole !== null) return whole;
  // Without its hash a cache is no cache: whatever happens from here on, an old hash never vouches for new bytes.
  await rm(hashFileOf(path), { force: true });
  const tiles = await Tiles.open(options.folder, options.size);
  try {
    const sha256 =
      (await adopt(path, tiles, options)) ??
      (await withDecoders((decoders) => build(path, tiles, decoders, options), { signal: options.signal }));
    await writeFileAtomically(hashFileOf(path), `${sha256}\n`);
    const digests = new Set(options.dataset.photos.map((photo) => photo.sha256));
    for (const file of tiles.files) if (file.segment && file.rows.every(([photo]) => digests.has(photo))) await removeTileFile(file);
    return { path, sha256, bytes: options.dataset.photos.length * tileBytes(options.size), reused: false };
  } finally {
    await tiles.close();
  }
}

/** What decides a cache's bytes: the photos in their order, the size, and the decoder. */
function cacheKey({ photos }: DatasetIndex, size: number): string {
  const digests = photos.map(({ sha256 }) => sha256);
  return canonicalHash({ decoder: DECODER, size, digests }).slice(0, 32);
}

const hashFileOf = (path: string): string => `${path}.sha256`;

async function wholeCache(
  path: string,
  { root, size, dataset, onPhoto, onForgetful = () => undefined, signal }: PackOptions,
): Promise<PackedCache | null> {
  const hash = createHash('sha256');
  const photoBytes = tileBytes(size);
  const total = dataset.photos.length;
  try {
    const expected = (await readFile(hashFileOf(path), 'utf8')).trim();
    const known = await new Digests({ root, store: 'artifacts', tell: onForgetful }).recall(path);
    if (known?.sha256 === expected) return { path, ...known, reused: true };
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

/** Makes a segment that holds just these photos, in their order, the cache; null where there is none, or none that holds. */
async function adopt(path: string, tiles: Tiles, { dataset, size, onPhoto, signal }: PackOptions): Promise<string | null> {
  const { photos } = dataset;
  const isCache = ({ segment, rows }: TileFile): boolean =>
    segment && rows.length === photos.length && rows.every(([photo], row) => photo === photos[row]?.sha256);
  const found = tiles.files.find(isCache);
  if (found === undefined) return null;
  const hash = createHash('sha256');
  let row = 0;
  for await (const square of squaresIn(found.path, size)) {
    signal?.throwIfAborted();
    if (tileDigest(square) !== found.rows[row]?.[1]) return null;
    hash.update(square);
    row++; // by itself: where nobody listens, an argument is not even computed
    onPhoto?.(row, photos.length);
  }
  if (row !== photos.length) return null;
  await rename(found.path, path);
  await syncFolder(dirname(path));
  await writeRows(path, size, found.rows);
  await removeTileFile(found);
  return hash.digest('hex');
}

/** The squares of a file one after the other; nothing where the file is gone. The last may be shorter. */
async function* squaresIn(path: string, size: number): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: tileBytes(size) }) as AsyncIterable<Buffer>;
  } catch (error) {
    if (!isAbout(error, 'ENOENT')) throw error;
  }
}

async function build(
  path: string,
  tiles: Tiles,
  decoders: Decoders,
  { root, dataset, size, onPhoto, signal }: PackOptions,
): Promise<string> {
  const photoRoot = resolve(root, dataset.root);
  const hash = createHash('sha256');
  const total = dataset.photos.length;
  const rows: TileRow[] = [];
  await writeAtomically(path, async (file) => {
    const squares: AsyncIterable<Uint8Array> = Readable.from(dataset.photos).map(
      async (photo: Photo) => (await tiles.read(photo.sha256)) ?? auditedSquare(decoders, photoRoot, photo, size),
      { concurrency: PHOTOS_UNDER_WAY },
    );
    for await (const square of squares) {
      signal?.throwIfAborted();
      hash.update(square);
      await file.write(square);
      rows.push([dataset.photos[rows.length]?.sha256 ?? '', tileDigest(square)]);
      onPhoto?.(rows.length, total);
    }
  });
  await writeRows(path, size, rows);
  return hash.digest('hex');
}

async function auditedSquare(decoders: Decoders, photoRoot: string, { file, sha256 }: Photo, size: number): Promise<Uint8Array> {
  const path = join(photoRoot, file);
  return decoders.photo(file, async (read) => {
    const photo = await read(path, Infinity).catch((cause: unknown) => {
      if (!isAbout(cause, 'ENOENT', 'EACCES', 'EISDIR')) throw cause;
      throw changed(file, `cannot be read (${cause.code})`, cause);
    });
    if (photo.sha256 !== sha256) throw changed(file, 'is not the file that was audited');
    return squareOf(photo, { size, maxPixels: Infinity, minSide: 1, where: file });
  });
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
