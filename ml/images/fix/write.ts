/** Writes the photos of the copy, several at once while they are small. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { isAbout, Problem } from '../../../configs/problem.js';
import type { FixedPhoto, LeftOut } from '../../../configs/schema/fix.js';
import { PHOTOS_IN_FLIGHT } from '../decoders/at-once.js';
import { DecoderCrash } from '../decoders/crash.js';
import { withDecoders, type Decoders } from '../decoders/decoders.js';
import type { FindingCode } from '../findings.js';
import type { Correction } from './plan.js';

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
  readonly signal?: AbortSignal | undefined;
}

/** @param folder absolute root of the copy. When it throws, nothing writes any more. */
export function writeAll(corrections: readonly Correction[], folder: string, options: WriteOptions): Promise<Written> {
  return withDecoders((decoders) => writeBy(decoders, corrections, folder, options), { signal: options.signal });
}

async function writeBy(
  decoders: Decoders,
  corrections: readonly Correction[],
  folder: string,
  { onPhoto, signal }: WriteOptions,
): Promise<Written> {
  const isLarge = ({ pixels, actions }: Correction): boolean => pixels > LARGE && actions.length > 0;
  const results: (FixedPhoto | LeftOut)[] = [];
  const take = (result: FixedPhoto | LeftOut): void => {
    signal?.throwIfAborted();
    results.push(result);
    onPhoto?.(results.length, corrections.length);
  };
  const write = (correction: Correction): Promise<FixedPhoto | LeftOut> => writeOne(decoders, correction, folder);
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

async function writeOne(decoders: Decoders, correction: Correction, folder: string): Promise<FixedPhoto | LeftOut> {
  const { photo, sha256, format, file, actions } = correction;
  const leave = (code: FindingCode, message: string): LeftOut => ({ file: photo.file, code, message });
  const to = join(folder, file);
  await mkdir(dirname(to), { recursive: true });
  try {
    return await decoders.photo(photo.file, async (read) => {
      const found = await read(photo.path, Infinity).catch(unreadable);
      if (typeof found === 'string') return leave('unreadable', `cannot be read (${found})`);
      if (found.sha256 !== sha256) return leave('changed-while-read', 'is not what was audited');
      const { answer: after } = await found.ask('correct', { format, actions, to });
      return { file, from: photo.file, actions: [...actions], before: sha256, after };
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'PHOTO') throw error;
    await rm(to, { force: true });
    const code = error instanceof DecoderCrash ? 'crashes-decoder' : actions.includes('converted-to-srgb') ? 'not-srgb' : 'damaged';
    return leave(code, error.message);
  }
}

/** The system's word for why a file cannot be read. */
function unreadable(error: unknown): string {
  if (isAbout(error, 'ENOENT', 'EACCES', 'EISDIR', 'EIO', 'ELOOP')) return error.code;
  throw error;
}
