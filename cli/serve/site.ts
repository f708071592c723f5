/** Static files of two folders over HTTP: the page at `/`, the published bundle at `/models/`. Nothing else of the disk is ever read. */
import { createReadStream, type Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isAbout } from '../../configs/problem.js';
import { isOurHost } from '../../workers/ui/host.js';
import { cacheControlOf, EVERY_ANSWER, typeOf } from './headers.js';

/** Absolute paths. */
export interface Folders {
  readonly site: string;
  readonly bundle: string;
}

const BUNDLE = '/models/';

/** A server that does not listen yet. @param onFault what failed while a file was sent @param names that it has, beside addresses and localhost */
export function siteServer(folders: Folders, onFault: (error: unknown) => void, names: readonly string[] = []): Server {
  return createServer((request, response) => {
    answer(folders, names, request, response).catch((error: unknown) => {
      // The visitor went away before the end: nobody is left to tell.
      if (!isAbout(error, 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE')) onFault(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'the file could not be read');
    });
  });
}

async function answer(folders: Folders, names: readonly string[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(EVERY_ANSWER)) response.setHeader(name, value);
  if (!isOurHost(request.headers.host, names))
    return refuse(response, 421, 'this server has no such name: open it by its address, or name it with --host');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return refuse(response, 405, 'only GET and HEAD are answered');
  }
  const address = addressOf(request.url ?? '/');
  if (address === null) return refuse(response, 400, 'not a path of this site');
  const found = await find(folders, address);
  if (found === null) return refuse(response, 404, address === `${BUNDLE}manifest.json` ? 'no model is published yet' : 'not here');
  await send(found, address, request, response);
}

/** The path in a request, decoded; null where it leads elsewhere or cannot be a name. */
function addressOf(url: string): string | null {
  try {
    const address = decodeURIComponent(url.split(/[?#]/)[0] ?? '');
    const inside = address.startsWith('/') && !/[\\\0]/.test(address) && !address.split('/').some((part) => part.startsWith('.'));
    return inside ? address : null;
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

async function find({ site, bundle }: Folders, address: string): Promise<Found | null> {
  const [folder, rest] = address.startsWith(BUNDLE) ? [bundle, address.slice(BUNDLE.length)] : [site, address.slice(1)];
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, rest === '' ? 'index.html' : rest));
    // A link may not lead out of the folder either.
    if (!path.startsWith(root + sep)) return null;
    const stats = await stat(path);
    return stats.isFile() ? { path, stats } : null;
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return null;
    throw error;
  }
}

async function send({ path, stats }: Found, address: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const tag = `W/"${stats.size.toString(16)}-${Math.trunc(stats.mtimeMs).toString(16)}"`;
  response.setHeader('ETag', tag);
  response.setHeader('Cache-Control', cacheControlOf(address));
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': typeOf(path), 'Content-Length': stats.size });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // Of a file that grows meanwhile no more than was announced.
  await pipeline(stats.size === 0 ? [] : createReadStream(path, { end: stats.size - 1 }), response);
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }).end(`${why}\n`);
}
