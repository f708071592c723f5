/** Files of the model: verified whenever they are read, kept in the browser so that the page works without a network. */
import { readManifest, type ShownManifest } from '../shared/manifest.js';
import { Trouble } from '../shared/trouble.js';
import { verify, type Promised } from '../shared/verify.js';

/** Of Cache Storage. The page's own files are in another (service/service-worker.ts). */
const STORE = 'emo-aen-model';
const MANIFEST = 'manifest.json';

/** Bytes that have come so far. */
type Progress = (bytes: number) => void;

/** What is published now; where the network fails, what was published when the page was last open. */
export async function fetchManifest(models: URL): Promise<{ readonly manifest: ShownManifest; readonly offline: boolean }> {
  const url = new URL(MANIFEST, models);
  const store = await caches.open(STORE);
  const response = await fetch(url, { cache: 'no-store' }).catch(() => null);
  if (response === null) {
    const kept = await store.match(url);
    if (kept === undefined)
      throw new Trouble({
        message: 'The model cannot be fetched, and none was kept from an earlier visit',
        cure: 'Load this page again with a network (or with emo-aen serve running)',
      });
    return { manifest: readManifest(await kept.text()), offline: true };
  }
  if (response.status === 404)
    throw new Trouble({ message: 'No model is published yet', cure: 'Train and publish one (emo-aen run), then load this page again' });
  if (!response.ok) throw failed(MANIFEST, response);
  const text = await response.text();
  const manifest = readManifest(text);
  await store.put(url, new Response(text, { headers: { 'Content-Type': 'application/json' } }));
  return { manifest, offline: false };
}

/** One file of the model's bundle. @throws Trouble where its size or sha256 is not the manifest's */
export async function fetchModelFile(models: URL, file: Promised, progress: Progress): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(file.path, models);
  const store = await caches.open(STORE);
  const kept = await store.match(url);
  if (kept !== undefined) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    // What was spoilt on this machine's disk is fetched anew; what the network then gives is the last word.
    const sound = await verify(bytes, file).then(
      () => true,
      () => false,
    );
    if (sound) return bytes;
    await store.delete(url);
  }
  const bytes = await fetchVerified(url, file, progress);
  await store.put(url, new Response(bytes, { headers: { 'Content-Type': 'application/octet-stream' } }));
  for (const request of await store.keys()) if (request.url !== url.href && !request.url.endsWith(MANIFEST)) await store.delete(request);
  return bytes;
}

/** @throws Trouble where it cannot be had, or is not what was promised */
export async function fetchVerified(
  url: URL,
  promised: Promised,
  progress: Progress,
  cache: RequestCache = 'no-store',
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, { cache }).catch((cause: unknown) => {
    throw new Trouble({ message: `${promised.path} cannot be fetched`, cure: 'Load this page again with a network', cause });
  });
  if (!response.ok || response.body === null) throw failed(promised.path, response);
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    progress(length);
    // More than was promised is not waited for.
    if (length > promised.bytes) await reader.cancel();
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  await verify(bytes, promised);
  return bytes;
}

function failed(path: string, { status }: Response): Trouble {
  return new Trouble({ message: `${path} cannot be fetched (status ${status})`, cure: 'Publish the model again (emo-aen run)' });
}
