/**
 * One URL into one file, resumed where an earlier try stopped. What has arrived lies in `<key>.<owner>.<identity>.part`:
 * `owner` is the process that writes it, so that two downloads never append to one file and a killed one is taken over;
 * `identity` is the server's ETag or date and the length of the whole, without which nothing is resumed, since the rest might be of another file.
 */
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { isAbout, Problem } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';
import { shownUrl, withShownUrls } from '../../configs/url.js';
import type { Progress } from '../../configs/schema/payload.js';
import { get } from './http.js';
import { MAX_BYTES, tooLarge } from './size.js';

/** A longer validator would not fit a file name; the download then starts anew after an interruption. */
const MAX_VALIDATOR = 150;
const PROGRESS_BYTES = 1 << 20;

export interface Download {
  readonly url: string;
  /** Folder, which exists, and the name under which parts of this URL lie there. */
  readonly folder: string;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  /** Bytes; more are refused as soon as they are announced or come. Default: what is read of a file of weights. */
  readonly most?: number;
}

/** Of the whole file at the server; what is resumed must have the same. */
interface Identity {
  /** A strong ETag, else the date. */
  readonly validator: string;
  readonly length: number;
}

interface Part {
  readonly path: string;
  readonly bytes: number;
  readonly identity: Identity;
}

/**
 * Downloads and returns the path of the complete file, fsynced, still under its temporary name: the caller checks and
 * renames or removes it. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are honoured.
 * @throws Problem UNREACHABLE (what arrived is kept), NOT_FOUND where the server says that there is no such file, WEIGHTS where the
 *   file is too large or the address leads astray, DISK_FULL; `signal.reason` when aborted.
 */
export async function download(request: Download): Promise<string> {
  const part = await claimPart(request);
  const resume: Record<string, string> = part === null ? {} : { range: `bytes=${part.bytes}-`, 'if-range': part.identity.validator };
  try {
    const response = await get(request.url, { ...resume, 'accept-encoding': 'identity' }, request.signal);
    const { statusCode: status = 0 } = response;
    if (status === 200 || (part !== null && status === 206 && continues(response, part))) return await receive(request, response, part);
    response.destroy();
    // The rest of another file, or more than the file has: what arrived is of no use.
    if (part === null || (status !== 206 && status !== 416)) throw refused(shownUrl(request.url), status);
    await rm(part.path, { force: true });
    return await download(request);
  } catch (error) {
    if (part !== null) await release(request, part.path);
    request.signal.throwIfAborted();
    throw error instanceof Problem ? error : unreachable(shownUrl(request.url), error);
  }
}

/** Whether the answer is the rest of what arrived: from the next byte on, of a whole with the same tag and the same length, uncoded. */
function continues(response: IncomingMessage, { bytes, identity }: Part): boolean {
  const [, from, length] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers['content-range'] ?? '') ?? [];
  const same = validatorOf(response) === identity.validator && Number(length) === identity.length;
  return Number(from) === bytes && same && codingOf(response) === null;
}

async function receive(request: Download, response: IncomingMessage, part: Part | null): Promise<string> {
  const resumed = part !== null && response.statusCode === 206;
  if (part !== null && !resumed) await rm(part.path, { force: true });
  const before = resumed ? part.bytes : 0;
  const identity = resumed ? part.identity : identityOf(response);
  const total = identity?.length ?? lengthOf(response);
  if (total !== null && total > (request.most ?? MAX_BYTES)) {
    response.destroy();
    throw tooLarge(shownUrl(request.url), total);
  }
  const path = resumed ? part.path : partPath(request, process.pid, identity);
  const file = await open(path, resumed ? 'a' : 'wx').catch((error: unknown) => Promise.reject(fromSystemError(error, path)));
  try {
    await append(request, decoded(response), file, { path, before, total });
    await file.sync().catch((error: unknown) => Promise.reject(fromSystemError(error, path)));
  } catch (error) {
    response.destroy();
    // Unpacked bytes are not those that the server counts: nothing could go on behind them.
    if (identity === null) await rm(path, { force: true });
    else await release(request, path);
    throw error;
  } finally {
    await file.close();
  }
  return path;
}

async function append(
  request: Download,
  body: Readable,
  file: FileHandle,
  { path, before, total }: { readonly path: string; readonly before: number; readonly total: number | null },
): Promise<void> {
  let done = before;
  let told = before;
  for await (const chunk of body) {
    const bytes = chunk as Uint8Array;
    if (done + bytes.length > (request.most ?? MAX_BYTES)) throw tooLarge(shownUrl(request.url), done + bytes.length);
    await file.writeFile(bytes).catch((error: unknown) => Promise.reject(fromSystemError(error, path)));
    done += bytes.length;
    if (done - told < PROGRESS_BYTES) continue;
    told = done;
    request.progress({ message: `fetching ${shownUrl(request.url)}`, done, ...(total === null ? {} : { total }), unit: 'bytes' });
  }
  if (total !== null && done !== total) throw new Error(`${done} of ${total} bytes came`);
  if (done === 0) throw new Error('the answer is empty');
}

const DECODERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** How the body is coded though it was asked for as it is; null: not at all. */
function codingOf({ headers }: IncomingMessage): string | null {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return coding === '' || coding === 'identity' ? null : coding;
}

function decoded(response: IncomingMessage): Readable {
  const coding = codingOf(response);
  if (coding === null) return response;
  const decoder = DECODERS[coding]?.();
  if (decoder === undefined) throw new Error(`the server codes the file as ${coding}, which is not read`);
  // The connection may have ended before anybody listened: a pipeline sees that, where `pipe` waits for ever. The reader is given the error.
  return pipeline(response, decoder, () => undefined);
}

/** Null where nothing could be resumed: the server gives no tag, no length, or codes the file. */
function identityOf(response: IncomingMessage): Identity | null {
  const [validator, length] = [validatorOf(response), lengthOf(response)];
  return validator === '' || length === null ? null : { validator, length };
}

/** Of the file, where the server gives it: that of a coded body says nothing of it. */
function lengthOf(response: IncomingMessage): number | null {
  const length = Number(response.headers['content-length'] ?? NaN);
  return Number.isSafeInteger(length) && codingOf(response) === null ? length : null;
}

/** Takes over the longest part that no living process owns; null where there is none. */
async function claimPart(request: Download): Promise<Part | null> {
  const found: (Part & { owner: number })[] = [];
  for (const name of await readdir(request.folder)) {
    const parsed = parsePart(request, name);
    if (parsed === null || isAlive(parsed.owner)) continue;
    const path = join(request.folder, name);
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => 0, // claimed by another process in between
    );
    if (parsed.identity === null || bytes === 0) await rm(path, { force: true });
    else found.push({ owner: parsed.owner, identity: parsed.identity, path, bytes });
  }
  const longest = found.sort((a, b) => b.bytes - a.bytes)[0];
  if (longest === undefined) return null;
  const path = partPath(request, process.pid, longest.identity);
  try {
    await rename(longest.path, path);
  } catch {
    return null; // another process was quicker; a fresh download is always right
  }
  return { path, bytes: longest.bytes, identity: longest.identity };
}

/** Leaves a part for the next try, this process' or another's. */
async function release(request: Download, path: string): Promise<void> {
  const parsed = parsePart(request, path.slice(request.folder.length + 1));
  if (parsed === null) return;
  await rename(path, partPath(request, 0, parsed.identity)).catch((error: unknown) => {
    if (!isAbout(error, 'ENOENT')) throw error;
  });
}

function partPath({ folder, key }: Download, owner: number, identity: Identity | null): string {
  const unique = randomBytes(4).toString('hex');
  const text = identity === null ? '' : `${identity.length} ${identity.validator}`;
  return join(folder, `${key}.${owner}-${unique}.${Buffer.from(text).toString('base64url')}.part`);
}

function parsePart({ key }: Download, name: string): { owner: number; identity: Identity | null } | null {
  if (!name.startsWith(`${key}.`)) return null;
  const match = /^(\d+)-[0-9a-f]{8}\.([\w-]*)\.part$/.exec(name.slice(key.length + 1));
  if (match === null) return null;
  const [, length, validator] = /^(\d+) (.+)$/s.exec(Buffer.from(match[2] ?? '', 'base64url').toString()) ?? [];
  return { owner: Number(match[1]), identity: validator === undefined ? null : { validator, length: Number(length) } };
}

/** A strong ETag, else the date; empty where the server gives neither. */
function validatorOf({ headers }: IncomingMessage): string {
  const { etag } = headers;
  const validator = etag !== undefined && !etag.startsWith('W/') ? etag : (headers['last-modified'] ?? '');
  return validator.length <= MAX_VALIDATOR ? validator : '';
}

function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isAbout(error, 'EPERM');
  }
}

const PASSING = new Set([408, 425, 429]);

function refused(url: string, status: number): Problem {
  if (status < 300 || status >= 500 || PASSING.has(status))
    return new Problem({ code: 'UNREACHABLE', message: `${url} answers ${status}`, cure: 'try again later, or give a path to the file' });
  return new Problem({
    code: 'NOT_FOUND',
    message: `${url} answers ${status}: there is no such file for us`,
    cure: 'correct model.weights.source, or give a path to the file',
  });
}

function unreachable(url: string, error: unknown): Problem {
  const causes = [error, error instanceof Error ? error.cause : undefined];
  const message = causes.flatMap((cause) => (cause instanceof Error && cause.message !== '' ? [cause.message] : [])).join(': ');
  return new Problem({
    code: 'UNREACHABLE',
    message: `${url} cannot be fetched: ${withShownUrls(message)}`,
    cure: 'check the network and HTTPS_PROXY, or fetch the file elsewhere and give its path as model.weights.source',
  });
}
