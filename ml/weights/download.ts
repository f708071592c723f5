/** One URL into one file, resumed where an earlier try stopped. What has arrived lies in a part (parts.ts). */
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Problem } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';
import { shownUrl, withShownUrls } from '../../configs/url.js';
import type { Progress } from '../../configs/schema/payload.js';
import { get } from './http.js';
import { claimPart, newPart, type Identity, type Part, type PartPlace, type Resumable } from './parts.js';
import { MAX_BYTES, tooLarge } from './size.js';

/** A longer validator would not fit a file name; the download then starts anew after an interruption. */
const MAX_VALIDATOR = 150;
const PROGRESS_BYTES = 1 << 20;

export interface Download extends PartPlace {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  /** Bytes; more are refused as soon as they are announced or come. Default: what is read of a file of weights. */
  readonly most?: number;
}

/**
 * Downloads, and hands `take` the path of the complete file, fsynced, still under its temporary name: `take` checks and renames or
 * removes it, and nobody else touches it meanwhile. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are honoured.
 * @throws Problem UNREACHABLE (what arrived is kept), NOT_FOUND where the server says that there is no such file, WEIGHTS where the
 *   file is too large or the address leads astray, DISK_FULL; `signal.reason` when aborted; what `take` throws.
 */
export async function download<Result>(request: Download, take: (path: string) => Promise<Result>): Promise<Result> {
  const part = await receive(request);
  try {
    return await take(part.path);
  } finally {
    await part.file.close();
  }
}

/** The whole file, in a part that is still open. */
async function receive(request: Download): Promise<Part> {
  const part = await claimPart(request);
  const resume: Record<string, string> = part === null ? {} : { range: `bytes=${part.bytes}-`, 'if-range': part.identity.validator };
  try {
    const response = await get(request.url, { ...resume, 'accept-encoding': 'identity' }, request.signal);
    const { statusCode: status = 0 } = response;
    if (part !== null && status === 206 && continues(response, part)) return await fill(request, response, part);
    if (status === 200) {
      if (part !== null) await discard(part);
      return await fill(request, response, null);
    }
    response.destroy();
    // The rest of another file, or more than the file has: what arrived is of no use.
    if (part === null || (status !== 206 && status !== 416)) throw refused(shownUrl(request.url), status);
    await discard(part);
    return await receive(request);
  } catch (error) {
    await part?.file.close(); // leaves the part for the next try
    request.signal.throwIfAborted();
    throw error instanceof Problem ? error : unreachable(shownUrl(request.url), error);
  }
}

async function discard({ path, file }: Part): Promise<void> {
  await rm(path, { force: true });
  await file.close();
}

/** Whether the answer is the rest of what arrived: from the next byte on, of a whole with the same tag and the same length, uncoded. */
function continues(response: IncomingMessage, { bytes, identity }: Resumable): boolean {
  const [, from, length] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers['content-range'] ?? '') ?? [];
  const same = validatorOf(response) === identity.validator && Number(length) === identity.length;
  return Number(from) === bytes && same && codingOf(response) === null;
}

/** @param resumed the part that the answer goes on with; null: the answer is the whole file. */
async function fill(request: Download, response: IncomingMessage, resumed: Resumable | null): Promise<Part> {
  const identity = resumed === null ? identityOf(response) : resumed.identity;
  const total = identity?.length ?? lengthOf(response);
  if (total !== null && total > (request.most ?? MAX_BYTES)) {
    response.destroy();
    throw tooLarge(shownUrl(request.url), total);
  }
  const part = resumed ?? (await newPart(request, identity));
  try {
    await append(request, decoded(response), part, total);
    await part.file.sync().catch((error: unknown) => Promise.reject(fromSystemError(error, part.path)));
  } catch (error) {
    response.destroy();
    // Unpacked bytes are not those that the server counts: nothing could go on behind them.
    if (identity === null) await rm(part.path, { force: true });
    await part.file.close();
    throw error;
  }
  return part;
}

async function append(request: Download, body: Readable, { path, file, bytes: before }: Part, total: number | null): Promise<void> {
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

/** A strong ETag, else the date; empty where the server gives neither. */
function validatorOf({ headers }: IncomingMessage): string {
  const { etag } = headers;
  const validator = etag !== undefined && !etag.startsWith('W/') ? etag : (headers['last-modified'] ?? '');
  return validator.length <= MAX_VALIDATOR ? validator : '';
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
