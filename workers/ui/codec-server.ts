/**
 * Temporal's remote codec protocol, decoding only: its Web UI sends what it cannot read, and shows what comes back. Whoever has the token may
 * read everything of the project, so the token is in the address that a person sets in the UI, and nowhere that other accounts see.
 */
import { createHash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Project } from '../project/project.js';
import { sealCodec } from '../project/seal.js';
import { isOurHost } from './host.js';

/** What a page of many payloads may have. The server refuses single ones over 2 MB. */
const MOST_BYTES = 64 << 20;

const Base64 = z.base64();
const Request = z.object({ payloads: z.array(z.object({ metadata: z.record(z.string(), Base64).default({}), data: Base64.default('') })) });

/** Follows from the key, so that it stays the same and is written down nowhere. */
export function codecToken(project: Project): string {
  return Buffer.from(hkdfSync('sha256', project.keys[0], '', `emo-aen codec endpoint ${project.id}`, 32)).toString('hex');
}

/** A server that does not listen yet. @param origins of the pages that may ask, as they are now: `http://127.0.0.1:8233` */
export function codecServer(project: Project, origins: () => Promise<readonly string[]>): Server {
  return createServer((request, response) => {
    answer(project, origins, request, response).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'this could not be decoded');
    });
  });
}

async function answer(
  project: Project,
  origins: () => Promise<readonly string[]>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store').setHeader('Vary', 'Origin').setHeader('X-Content-Type-Options', 'nosniff');
  if (!isOurHost(request.headers.host)) return refuse(response, 421, 'this server has no such name');
  const { origin } = request.headers;
  if (origin !== undefined) {
    if (!(await origins()).includes(origin)) return refuse(response, 403, 'this page may not ask');
    response.setHeader('Access-Control-Allow-Origin', origin);
  }
  if (!isSame(request.url ?? '', `/${codecToken(project)}/decode`)) return refuse(response, 404, 'not here');
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Methods', 'POST');
    response.setHeader('Access-Control-Allow-Headers', 'Content-Type, X-Namespace, Authorization');
    response.writeHead(204).end();
    return;
  }
  if (request.method !== 'POST') return refuse(response, 405, 'only POST is answered');
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) return refuse(response, 415, 'JSON is wanted');
  const body = await bodyOf(request);
  if (body === null) return refuse(response, 413, `more than ${MOST_BYTES} bytes`);
  const asked = Request.safeParse(parse(body));
  if (!asked.success) return refuse(response, 400, 'not a request of the codec protocol');
  const payloads = await sealCodec(project).decode(
    asked.data.payloads.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
      data: Buffer.from(data, 'base64'),
    })),
  );
  const text = ({ metadata, data }: (typeof payloads)[number]) => ({
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
    data: Buffer.from(data ?? []).toString('base64'),
  });
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ payloads: payloads.map(text) }));
}

/** In a time that does not tell how much of it is right. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // refused by the caller
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}
