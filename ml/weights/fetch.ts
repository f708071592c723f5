/** Weights from a path or a URL, checked by sha256; downloads are kept in a cache whose files carry their own hash in their name. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Problem } from '../../configs/problem.js';
import { isUrl, shownUrl } from '../../configs/url.js';
import type { Progress } from '../../configs/schema/payload.js';
import { hashFile, syncFolder } from '../files/atomic.js';
import { download } from './download.js';

export interface WeightsRequest {
  /** A path (relative: to `root`) or an http(s) URL. */
  readonly source: string;
  /** The whole sha256 or its first 8 digits and more, in lower case; null: anything is taken. */
  readonly sha256: string | null;
  /** Absolute project root. */
  readonly root: string;
  /** Absolute folder of downloads, made where missing: `.emo-aen/cache/weights`. */
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

export interface ObtainedWeights {
  /** Absolute path of a file with that hash. */
  readonly file: string;
  readonly sha256: string;
}

/**
 * @throws Problem WEIGHTS where the file has another hash (both are named; a download is not kept), NOT_FOUND where there is no
 *   such file, UNREACHABLE where the server cannot be reached now, DISK_FULL.
 */
export async function obtainWeights(request: WeightsRequest): Promise<ObtainedWeights> {
  return isUrl(request.source) ? fromUrl(request) : fromPath(request);
}

async function fromPath(request: WeightsRequest): Promise<ObtainedWeights> {
  const file = resolve(request.root, request.source);
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile())
    throw new Problem({
      code: 'NOT_FOUND',
      message: `there is no weights file ${request.source}`,
      cure: 'correct model.weights.source: a path relative to the project root, or a URL',
    });
  const { sha256 } = await hashFile(file);
  if (!matches(sha256, request.sha256)) throw wrongHash(request, sha256, 'it was left as it is');
  return { file, sha256 };
}

async function fromUrl(request: WeightsRequest): Promise<ObtainedWeights> {
  const { source: url, cacheFolder: folder, signal, progress } = request;
  await mkdir(folder, { recursive: true });
  const key = createHash('sha256').update(url).digest('hex').slice(0, 16);
  const cached = await findCached(folder, key, request.sha256);
  if (cached !== null) return cached;

  const complete = await download({ url, folder, key, signal, progress });
  const { sha256 } = await hashFile(complete);
  if (!matches(sha256, request.sha256)) {
    await rm(complete, { force: true });
    throw wrongHash(request, sha256, 'it was not kept');
  }
  const file = join(folder, `${key}.${sha256}.${nameOf(url)}`);
  await rename(complete, file);
  await syncFolder(folder);
  return { file, sha256 };
}

/** A cached download of the same URL whose bytes still have the hash that its name says; damaged ones are removed. */
async function findCached(folder: string, key: string, expected: string | null): Promise<ObtainedWeights | null> {
  for (const name of await readdir(folder)) {
    const named = new RegExp(`^${key}\\.([0-9a-f]{64})\\.`).exec(name)?.[1];
    if (named === undefined || !matches(named, expected)) continue;
    const file = join(folder, name);
    const { sha256 } = await hashFile(file);
    if (sha256 === named) return { file, sha256 };
    await rm(file, { force: true });
  }
  return null;
}

function matches(sha256: string, expected: string | null): boolean {
  return expected === null || sha256.startsWith(expected);
}

function wrongHash({ source, sha256: expected }: WeightsRequest, found: string, kept: string): Problem {
  return new Problem({
    code: 'WEIGHTS',
    message: `${shownUrl(source)} has sha256 ${found}, where model.weights.sha256 says ${expected}; ${kept}`,
    cure: 'if the file is the one you mean, set model.weights.sha256 to its hash; else correct model.weights.source',
  });
}

/** The URL's last part, without what a file name should not hold. */
function nameOf(url: string): string {
  const name = basename(new URL(url).pathname).replace(/[^\w.-]/g, '_');
  return name === '' ? 'weights' : name.slice(-80);
}
