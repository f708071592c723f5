/** Writes the photos of the copy, several at once while they are small. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isAbout, Problem } from '../../../configs/problem.js';
import type { FixedPhoto, LeftOut } from '../../../configs/schema/fix.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { PHOTOS_IN_FLIGHT } from '../decode.js';
import type { FindingCode } from '../findings.js';
import { corrected } from './correct.js';
import type { Correction } from './plan.js';
import { Profiles } from './profiles.js';

/** Pixels above which a photo is encoded alone: each takes 4 to 15 bytes. */
const LARGE = 25e6;

export interface Written {
  /** In the order of their files in the set. */
  readonly photos: FixedPhoto[];
  /** What turned out not to be possible. */
  readonly leftOut: LeftOut[];
}

interface WriteOptions {
  readonly onPhoto?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** @param folder absolute root of the copy. When it throws, nothing writes any more. */
export async function writeAll(corrections: readonly Correction[], folder: string, { onPhoto, signal }: WriteOptions): Promise<Written> {
  const isLarge = ({ pixels, actions }: Correction): boolean => pixels > LARGE && actions.length > 0;
  const profiles = new Profiles();
  const results: (FixedPhoto | LeftOut)[] = [];
  const take = (result: FixedPhoto | LeftOut): void => {
    signal?.throwIfAborted();
    results.push(result);
    onPhoto?.(results.length, corrections.length);
  };
  const write = (correction: Correction): Promise<FixedPhoto | LeftOut> => writeOne(correction, folder, profiles);
  await eachOf(
    corrections.filter((correction) => !isLarge(correction)),
    PHOTOS_IN_FLIGHT,
    write,
    take,
  );
  await eachOf(corrections.filter(isLarge), 1, write, take);
  return {
    photos: results.flatMap((result) => ('code' in result ? [] : [result])).sort((a, b) => (a.from < b.from ? -1 : 1)),
    leftOut: results.flatMap((result) => ('code' in result ? [result] : [])),
  };
}

async function eachOf<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
  take: (result: Result) => void,
): Promise<void> {
  const working = new Set<Promise<unknown>>();
  const start = (item: Item): Promise<Result> => {
    const one = work(item);
    working.add(one);
    return one.finally(() => working.delete(one));
  };
  const results: AsyncIterable<Result> = Readable.from(items).map(start, { concurrency });
  try {
    for await (const result of results) take(result);
  } finally {
    // Where one failed, the others still write into a folder that is about to be removed.
    await Promise.allSettled(working);
  }
}

async function writeOne(correction: Correction, folder: string, profiles: Profiles): Promise<FixedPhoto | LeftOut> {
  const { photo, sha256, format, file, actions } = correction;
  const leave = (code: FindingCode, message: string): LeftOut => ({ file: photo.file, code, message });
  const bytes = await readIfAllowed(photo.path);
  if (typeof bytes === 'string') return leave('unreadable', `cannot be read (${bytes})`);
  if (digest(bytes) !== sha256) return leave('changed-while-read', 'is not what was audited');
  try {
    const right = await corrected(bytes, format, actions, profiles);
    await writeFileAtomically(join(folder, file), right);
    return { file, from: photo.file, actions: [...actions], before: sha256, after: right === bytes ? sha256 : digest(right) };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'PHOTO') throw error;
    return leave(actions.includes('converted-to-srgb') ? 'not-srgb' : 'damaged', error.message);
  }
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The file, or the system's word for why it cannot be read. */
async function readIfAllowed(path: string): Promise<Buffer | string> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'EACCES', 'EISDIR', 'EIO', 'ELOOP')) return error.code;
    throw error;
  }
}
