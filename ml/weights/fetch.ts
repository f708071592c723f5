/** Weights from a path or a URL, checked by sha256; downloads are kept in a cache whose files carry their own hash in their name. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Problem } from '../../configs/problem.js';
import { isUrl, shownUrl } from '../../configs/url.js';
import type { Progress } from '../../configs/schema/payload.js';
import { hashFile } from '../files/atomic.js';
import { syncFolder } from '../files/folders.js';
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
  /** What does not vouch for the file, in words. */
  readonly warnings: readonly string[];
}

const WHOLE_HASH = 64;
/** Addresses of this machine, where nobody is on the way. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * @throws Problem WEIGHTS where the file has another hash (both are named; a download is not kept), NOT_FOUND where there is no
 *   such file, UNREACHABLE where the server cannot be reached now, DISK_FULL, CONFIGURATION where anybody on the way could change the file
 *   and no whole sha256 says which it must be.
 */
export async function obtainWeights(request: WeightsRequest): Promise<ObtainedWeights> {
  if (!isUrl(request.source)) return { ...(await fromPath(request)), warnings: [] };
  const warnings = insistOnProof(request);
  return { ...(await fromUrl(request)), warnings };
}

/** A file of a URL that turned out to be no weights is fetched again next time. Where its whole hash was asked for, it is the file that was meant. */
export async function forgetWeights(
  { source, sha256 }: Pick<WeightsRequest, 'source' | 'sha256'>,
  { file }: ObtainedWeights,
): Promise<void> {
  if (isUrl(source) && sha256?.length !== WHOLE_HASH) await rm(file, { force: true });
}

/** Eight digits are no proof: 2^32 tries make another file that fits. @throws Problem CONFIGURATION over plain http. */
function insistOnProof({ source, sha256 }: WeightsRequest): string[] {
  if (sha256?.length === WHOLE_HASH) return [];
  const message =
    sha256 === null
      ? `nothing says which file ${shownUrl(source)} must be`
      : `the ${sha256.length} digits of model.weights.sha256 do not say for sure which file ${shownUrl(source)} must be`;
  const cure = 'set model.weights.sha256 to all 64 digits, as sha256sum FILE says them';
  const { protocol, hostname } = new URL(source);
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return [`${message}: ${cure}`];
  throw new Problem({
    code: 'CONFIGURATION',
    message: `${message}, and over plain http anybody on the way can change it`,
    where: 'train.yaml',
    cure: `${cure}; or use https`,
  });
}

type Found = Pick<ObtainedWeights, 'file' | 'sha256'>;

async function fromPath(request: WeightsRequest): Promise<Found> {
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

async function fromUrl(request: WeightsRequest): Promise<Found> {
  const { source: url, cacheFolder: folder, signal, progress } = request;
  await mkdir(folder, { recursive: true });
  const key = createHash('sha256').update(url).digest('hex').slice(0, 16);
  const cached = await findCached(folder, key, request.sha256);
  if (cached !== null) return cached;

  return download({ url, folder, key, signal, progress }, async (complete) => {
    const { sha256 } = await hashFile(complete);
    if (!matches(sha256, request.sha256)) {
      await rm(complete, { force: true });
      throw wrongHash(request, sha256, 'it was not kept');
    }
    const file = join(folder, `${key}.${sha256}.${nameOf(url)}`);
    await rename(complete, file);
    await syncFolder(folder);
    return { file, sha256 };
  });
}

/** A cached download of the same URL whose bytes still have the hash that its name says; damaged ones are removed. */
async function findCached(folder: string, key: string, expected: string | null): Promise<Found | null> {
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
