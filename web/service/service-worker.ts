/** Serves the page's own files from the browser, each verified when it was put there. The model's files are the ranker's (worker/fetch-model.ts). */
import { verify, type Promised } from '../shared/verify.js';

interface SiteFile extends Promised {
  /** Needed by every visit. What is not is kept once it was needed. */
  readonly always: boolean;
}

/** Put in by the build (setup/web.mjs); the version is the digest of the files. */
declare const __SITE__: { readonly version: string; readonly files: readonly SiteFile[] };

const PREFIX = 'emo-aen-site-';
const STORE = PREFIX + __SITE__.version;
const scope = self as unknown as ServiceWorkerGlobalScope;
const files = new Map(__SITE__.files.map((file) => [addressOf(file), file]));

function addressOf({ path }: SiteFile): string {
  return new URL(path === 'index.html' ? './' : path, scope.location.href).href;
}

scope.addEventListener('install', (event) => event.waitUntil(install()));
scope.addEventListener('activate', (event) => event.waitUntil(activate()));
scope.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  url.search = '';
  url.hash = '';
  const file = files.get(url.href.replace(/\/index\.html$/, '/'));
  if (file !== undefined && event.request.method === 'GET') event.respondWith(serve(file));
});

async function install(): Promise<void> {
  await Promise.all(__SITE__.files.filter(({ always }) => always).map(fetchAndKeep));
  await scope.skipWaiting();
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== STORE) await caches.delete(name);
}

async function serve(file: SiteFile): Promise<Response> {
  const kept = await (await caches.open(STORE)).match(addressOf(file));
  return kept ?? fetchAndKeep(file);
}

/** @throws Trouble where it is not the file that this page was built with */
async function fetchAndKeep(file: SiteFile): Promise<Response> {
  const response = await fetch(addressOf(file));
  if (!response.ok) return response;
  await verify(new Uint8Array(await response.clone().arrayBuffer()), file);
  await (await caches.open(STORE)).put(addressOf(file), response.clone());
  return response;
}
