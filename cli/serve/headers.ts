/** What the page's files are served with. */
import { extname } from 'node:path';

/**
 * No inline script, no `eval` but WebAssembly's own, and nobody to talk to but this address: no photo can leave. The last three make the
 * page cross-origin isolated, which browsers ask for before they give WebAssembly threads.
 */
export const EVERY_ANSWER: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.wasm': 'application/wasm',
};

export function typeOf(path: string): string {
  return TYPES[extname(path)] ?? 'application/octet-stream';
}

/** Folders whose files never change under their names: a version is in the path. */
const NEVER_CHANGES = ['/assets/', '/ort/', '/models/versions/'];

/** @param address path of the request, from `/` */
export function cacheControlOf(address: string): string {
  return NEVER_CHANGES.some((folder) => address.startsWith(folder)) ? 'public, max-age=31536000, immutable' : 'no-cache';
}
