/** `.emo-aen/setup.json`: what set-up found and made, with absolute paths. configs/load/installation.ts reads it. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addonDigest } from './addon.mjs';
import { cacheRoot, digest, LIBJPEG_FILE, PHOTOS_FILE, tensorflowFile } from './cache.mjs';
import { findOnPath } from './command.mjs';
import { DECODER_SOURCES } from './decoder.mjs';
import { readJson, writeDurably } from './json-file.mjs';
import { KERNEL_SOURCES } from './kernels.mjs';

export const RECORD = join('.emo-aen', 'setup.json');
const PARTS = [
  'addon',
  'cache',
  'checks',
  'command',
  'decoder',
  'finished',
  'json-file',
  'kernels',
  'main',
  'native',
  'npm',
  'photos',
  'python',
  'record',
];

/**
 * @typedef {object} Installation
 * @property {1} version
 * @property {string} inputs digest of everything that decided how it was made
 * @property {{ version: string, executable: string, base: string }} python the environment's, and the one it was made from
 * @property {string} temporal the pinned Temporal CLI
 * @property {string} samplePhotos folder of real photos
 * @property {{ package: string, version: string, variant: 'cpu' | 'cuda', folder: string, binding: string, kernels: string }} tensorflow
 * @property {string} decoder our decoder of photos, compiled for this machine's processor
 * @property {string} cache folder that holds all of them
 */

/**
 * Digest of what decides how an installation is made, without starting a program.
 * @param {string} clone
 * @param {Readonly<Record<string, string | undefined>>} env
 */
export async function inputsDigest(clone, env) {
  const files = ['requirements.txt', 'package-lock.json', tensorflowFile('cpu'), tensorflowFile('cuda'), PHOTOS_FILE, LIBJPEG_FILE];
  const ours = PARTS.map((name) => join('setup', `${name}.mjs`));
  const texts = await Promise.all([...files, ...ours].map((name) => readFile(join(clone, name), 'utf8')));
  const driver = findOnPath('nvidia-smi', env) === null ? 'no driver' : 'driver';
  const addons = await Promise.all([KERNEL_SOURCES, DECODER_SOURCES].map((sources) => addonDigest(clone, sources)));
  return digest([...texts, ...addons, process.version, cacheRoot(env), driver, env['EMO_AEN_TENSORFLOW'] ?? ''], 64);
}

/** What was recorded, if all of it is still there; null also for a record that is damaged. @param {string} clone @returns {Promise<Installation | null>} */
export async function readRecord(clone) {
  const found = await readJson(join(clone, RECORD));
  if (found === null || typeof found['inputs'] !== 'string') return null;
  const { python, tensorflow, temporal, samplePhotos, decoder } = found;
  const needed = [
    python?.executable,
    python?.base,
    temporal,
    samplePhotos,
    tensorflow?.folder,
    tensorflow?.binding,
    tensorflow?.kernels,
    decoder,
  ];
  const there = needed.every((path) => typeof path === 'string' && existsSync(path));
  return there ? /** @type {Installation} */ (/** @type {unknown} */ (found)) : null;
}

/** @param {string} clone @param {Installation} installation */
export async function writeRecord(clone, installation) {
  await mkdir(join(clone, '.emo-aen'), { recursive: true });
  await writeDurably(join(clone, RECORD), `${JSON.stringify(installation, null, 2)}\n`);
}
