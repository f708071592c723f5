/** Reads the packed photo cache (layout: CacheIndex in configs/schema/photos.ts). */
import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbout, Problem } from '../../configs/problem.js';
import { LONGEST_TEXT, needRecord } from '../files/record.js';
import { CacheIndex } from '../../configs/schema/photos.js';

export interface PhotoCache {
  readonly index: CacheIndex;
  /** Number of photos; photo i is `index.dataset.photos[i]`. */
  readonly count: number;
  /**
   * RGB bytes of one photo, `index.size` squared x 3. Valid until the next call: all photos pass through one buffer, so that
   * memory stays at one photo however large the set is, and the system's page cache does the keeping.
   * @throws RangeError for an index outside [0, count).
   */
  pixels(photo: number): Uint8Array;
  close(): Promise<void>;
}

const REBUILD = 'retry preprocess: it builds the cache again';

/**
 * Opens index and cache together. The caller has checked their hashes (activities do); here only the length is compared.
 * @throws Problem ARTIFACT_MISSING where a file is not there, ARTIFACT_ALTERED where the two do not belong together.
 */
export async function openCache(indexFile: string, cacheFile: string): Promise<PhotoCache> {
  const index = await readCacheIndex(indexFile);
  const count = index.dataset.photos.length;
  const photoBytes = index.size * index.size * 3;
  const file = await open(cacheFile, 'r').catch((error: unknown) => {
    throw missing(error, cacheFile);
  });
  const { size } = await file.stat();
  if (size !== count * photoBytes) {
    await file.close();
    throw new Problem({
      code: 'ARTIFACT_ALTERED',
      message: `the photo cache has ${size} bytes, its index says ${count * photoBytes} (${count} photos)`,
      where: cacheFile,
      cure: REBUILD,
    });
  }
  const buffer = new Uint8Array(photoBytes);
  return {
    index,
    count,
    pixels: (photo) => {
      if (!Number.isInteger(photo) || photo < 0 || photo >= count) throw new RangeError(`photo ${photo} of a cache of ${count}`);
      readWhole(file.fd, buffer, photo * photoBytes, cacheFile);
      return buffer;
    },
    close: () => file.close(),
  };
}

/** The cache's index alone: which photos, splits and settings. */
export async function readCacheIndex(indexFile: string): Promise<CacheIndex> {
  return needRecord(indexFile, CacheIndex, { cure: REBUILD, mostBytes: LONGEST_TEXT });
}

function readWhole(descriptor: number, buffer: Uint8Array, position: number, where: string): void {
  let read = 0;
  while (read < buffer.length) {
    const bytes = readSync(descriptor, buffer, read, buffer.length - read, position + read);
    if (bytes === 0) throw new Problem({ code: 'ARTIFACT_ALTERED', message: 'the photo cache became shorter', where, cure: REBUILD });
    read += bytes;
  }
}

function missing(error: unknown, where: string): unknown {
  if (!isAbout(error, 'ENOENT')) return error;
  return new Problem({
    code: 'ARTIFACT_MISSING',
    message: 'this file of the photo cache is not there',
    where,
    cure: REBUILD,
    cause: error,
  });
}
