/** Where set-up keeps what it downloaded and built: per user, keyed by version and platform, shared by all clones. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** @param {Readonly<Record<string, string | undefined>>} env */
export function cacheRoot(env) {
  const base = env['XDG_CACHE_HOME'];
  // The XDG specification tells to ignore a relative path.
  return join(base !== undefined && isAbsolute(base) ? base : join(env['HOME'] ?? homedir(), '.cache'), 'emo-aen');
}

/** First `length` hexadecimal digits of the sha256 of texts. @param {readonly string[]} texts */
export function digest(texts, length = 12) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest('hex').slice(0, length);
}

/**
 * Name and version of the one package that a requirement file pins: `name==1.2.3 --hash=…`.
 * @param {string} text
 */
export function pinnedPackage(text) {
  const found = /^([A-Za-z0-9._-]+)==(\S+) --hash=sha256:[0-9a-f]{64}$/m.exec(text);
  if (found === null || found[1] === undefined || found[2] === undefined) throw new Error(`not one pinned package: ${text}`);
  return { name: found[1], version: found[2] };
}

/** The requirement file of the TensorFlow whose libraries are used. @param {'cpu' | 'cuda'} variant */
export function tensorflowFile(variant) {
  return join('setup', 'wheels', `tensorflow-${variant}.txt`);
}
export const PHOTOS_FILE = join('setup', 'wheels', 'scikit-image.txt');
export const LIBJPEG_FILE = join('setup', 'wheels', 'pillow.txt');

/**
 * The folders in the cache that this clone needs.
 * @param {{ clone: string, cache: string, python: { version: string, executable: string }, variant: 'cpu' | 'cuda', kernels: string, decoder: string }} about
 * `kernels` and `decoder`: digests of our C++
 */
export async function cacheFolders({ clone, cache, python, variant, kernels, decoder }) {
  /** @param {string[]} path */
  const read = (...path) => readFile(join(clone, ...path), 'utf8');
  const requirements = await read('requirements.txt');
  const tensorflow = pinnedPackage(await read(tensorflowFile(variant)));
  const photos = pinnedPackage(await read(PHOTOS_FILE));
  const pillow = pinnedPackage(await read(LIBJPEG_FILE));
  const { packages } = JSON.parse(await read('package-lock.json'));
  const binding = packages['node_modules/@tensorflow/tfjs-node-gpu'].version;
  const headers = packages['node_modules/node-api-headers'].version;
  const recipe = digest([await read('setup', 'native.mjs')], 8);
  const native = `native-tfjs-${binding}-${tensorflow.name}-${tensorflow.version}-napi-${headers}-linux-x64-${recipe}`;
  const libvips = packages['node_modules/@img/sharp-libvips-linux-x64'].version;
  const libjpeg = `libjpeg-${pillow.name}-${pillow.version}-linux-x64`;
  return {
    python: join(cache, `python-${python.version}-${digest([requirements, python.executable])}`),
    native: join(cache, native),
    kernels: join(cache, `kernels-${kernels}-${digest([native], 8)}`),
    libjpeg: join(cache, libjpeg),
    decoder: join(cache, `decoder-${decoder}-${digest([libjpeg, libvips, headers], 8)}`),
    photos: join(cache, `photos-${photos.name}-${photos.version}`),
  };
}
