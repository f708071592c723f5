/**
 * One URL into one file, resumed where an earlier try stopped. What has arrived lies in `<key>.<owner>.<validator>.part`:
 * `owner` is the process that writes it, so that two downloads never append to one file and a killed one is taken over;
 * `validator` is the server's ETag or date, without which nothing is resumed, since the rest might be of another file.
 */
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, EnvHttpProxyAgent, fetch, type Dispatcher, type Response } from 'undici';
import { isAbout, Problem } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';
import { shownUrl, withShownUrls } from '../../configs/url.js';
import type { Progress } from '../../configs/schema/payload.js';

const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;
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
}

interface Part {
  readonly path: string;
  readonly bytes: number;
  readonly validator: string;
}

/**
 * Downloads and returns the path of the complete file, fsynced, still under its temporary name: the caller checks and
 * renames or removes it. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are honoured.
 * @throws Problem UNREACHABLE (what arrived is kept), NOT_FOUND where the server says that there is no such file, DISK_FULL;
 *   `signal.reason` when aborted.
 */
export async function download(request: Download): Promise<string> {
  const part = await claimPart(request);
  const dispatcher = dispatcherOf(process.env);
  const resume: Record<string, string> = part === null ? {} : { range: `bytes=${part.bytes}-`, 'if-range': part.validator };
  try {
    const { url, authorization } = addressOf(request.url);
    const response = await fetch(url, {
      dispatcher,
      signal: request.signal,
      headers: { ...resume, ...authorization, 'accept-encoding': 'identity' },
    });
    if (response.ok) return await receive(request, response, part);
    await response.body?.cancel();
    if (response.status !== 416 || part === null) throw refused(shownUrl(request.url), response.status);
    await rm(part.path, { force: true });
    return await download(request);
  } catch (error) {
    if (part !== null) await release(request, part.path);
    request.signal.throwIfAborted();
    throw error instanceof Problem ? error : unreachable(shownUrl(request.url), error);
  } finally {
    await dispatcher.destroy();
  }
}

/** User and password of a URL go into a header, as `fetch` wants it. */
function addressOf(text: string): { readonly url: string; readonly authorization: Readonly<Record<string, string>> } {
  const url = new URL(text);
  const { username, password } = url;
  if (username === '' && password === '') return { url: text, authorization: {} };
  url.username = url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url: url.href, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

async function receive(request: Download, response: Response, part: Part | null): Promise<string> {
  const resumed =
    part !== null && response.status === 206 && (response.headers.get('content-range') ?? '').startsWith(`bytes ${part.bytes}-`);
  if (part !== null && !resumed) await rm(part.path, { force: true });
  const path = resumed ? part.path : partPath(request, process.pid, validatorOf(response));
  const before = resumed ? part.bytes : 0;
  const file = await open(path, resumed ? 'a' : 'wx').catch((error: unknown) => Promise.reject(fromSystemError(error, path)));
  try {
    await append(request, response, file, before);
    await file.sync();
  } catch (error) {
    await release(request, path);
    throw error instanceof Error && 'syscall' in error ? fromSystemError(error, path) : error;
  } finally {
    await file.close();
  }
  return path;
}

async function append(request: Download, response: Response, file: FileHandle, before: number): Promise<void> {
  const length = response.headers.get('content-length');
  const total = length === null ? {} : { total: before + Number(length) };
  let done = before;
  let told = before;
  for await (const chunk of response.body ?? []) {
    await file.writeFile(chunk as Uint8Array);
    done += (chunk as Uint8Array).length;
    if (done - told < PROGRESS_BYTES) continue;
    told = done;
    request.progress({ message: `fetching ${shownUrl(request.url)}`, done, ...total, unit: 'bytes' });
  }
}

const LIMITS = { connect: { timeout: CONNECT_MS }, headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };

/** undici warns that its proxy agent is experimental as soon as one is made, so it is made only where a proxy is named. */
function dispatcherOf(environment: NodeJS.ProcessEnv): Dispatcher {
  const proxied = ['http_proxy', 'https_proxy'].some((name) => environment[name] || environment[name.toUpperCase()]);
  return proxied ? new EnvHttpProxyAgent(LIMITS) : new Agent(LIMITS);
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
    if (parsed.validator === '' || bytes === 0) await rm(path, { force: true });
    else found.push({ ...parsed, path, bytes });
  }
  const longest = found.sort((a, b) => b.bytes - a.bytes)[0];
  if (longest === undefined) return null;
  const path = partPath(request, process.pid, longest.validator);
  try {
    await rename(longest.path, path);
  } catch {
    return null; // another process was quicker; a fresh download is always right
  }
  return { path, bytes: longest.bytes, validator: longest.validator };
}

/** Leaves a part for the next try, this process' or another's. */
async function release(request: Download, path: string): Promise<void> {
  const parsed = parsePart(request, path.slice(request.folder.length + 1));
  if (parsed === null) return;
  await rename(path, partPath(request, 0, parsed.validator)).catch((error: unknown) => {
    if (!isAbout(error, 'ENOENT')) throw error;
  });
}

function partPath({ folder, key }: Download, owner: number, validator: string): string {
  const unique = randomBytes(4).toString('hex');
  return join(folder, `${key}.${owner}-${unique}.${Buffer.from(validator).toString('base64url')}.part`);
}

function parsePart({ key }: Download, name: string): { owner: number; validator: string } | null {
  if (!name.startsWith(`${key}.`)) return null;
  const match = /^(\d+)-[0-9a-f]{8}\.([\w-]*)\.part$/.exec(name.slice(key.length + 1));
  if (match === null) return null;
  return { owner: Number(match[1]), validator: Buffer.from(match[2] ?? '', 'base64url').toString() };
}

/** A strong ETag, else the date; empty where the server gives neither. */
function validatorOf(response: Response): string {
  const etag = response.headers.get('etag');
  const validator = etag !== null && !etag.startsWith('W/') ? etag : (response.headers.get('last-modified') ?? '');
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
  if (status >= 500 || PASSING.has(status))
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
