/**
 * The method on pairs of a person's photos: ours beside a plain PyTorch script, in turn, the same pairs, splits and settings. Each round has a seed of
 * its own, which decides scenes, pairs, first weights of the head, order and augmentation; each contestant draws its own numbers from it.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastWords, runJson } from '../measure.js';
import { peerPython, WORKPLACE, type Peer } from '../peers.js';
import { NOTHING, type Findings, type Process } from '../report.js';
import { FILES, makePairs, type SetSize } from './photo-pairs.js';
import { summarisePhotos, Trained, type Round } from './photos-summary.js';
import { THREADS } from './settings.js';
import type { Note, TrainOptions } from './train.js';

/** 120 pairs to learn from and 104 unseen ones, as the script had them whose figures the project is held to. */
const SIZE: SetSize = { scenes: { train: 15, val: 5, test: 13 }, pairs: 8 };
/** Laid on `configs/minimalistic`: the epochs that the same script was allowed, and smaller steps, since an epoch of so few pairs has few. */
const RECIPE = ['train.schedule.epochs=20', 'train.schedule.warmupEpochs=1', 'train.loop.pairs=8'];

const OURS = fileURLToPath(new URL('our-photos.js', import.meta.url));
const THEIRS = fileURLToPath(new URL('../../../bench/train/torch_photos.py', import.meta.url));
const threads = String(THREADS);
const TORCH = { OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads };

export async function measurePhotos(options: TrainOptions, note: Note): Promise<Findings> {
  const { rounds, photos, weights, set = [] } = options;
  if (photos === undefined || weights === undefined)
    return { ...NOTHING, missing: { photos: 'needs photos and weights to begin from: --photos DIR --weights FILE' } };
  const wanted = { rounds, photos, weights, set: [...RECIPE, ...set], ...SIZE };
  return compareTraining(await peerPython('torch', note), wanted, join(WORKPLACE, 'photos'), note);
}

export interface PhotosOptions extends SetSize {
  readonly rounds: number;
  readonly photos: string;
  readonly weights: string;
  readonly set: readonly string[];
}

/** @param root folder of the project that is made: emptied before, gone afterwards */
export async function compareTraining(peer: Peer, options: PhotosOptions, root: string, note: Note): Promise<Findings> {
  const ours: Round[] = [];
  const theirs: Round[] = [];
  let why = peer.why;
  try {
    for (let seed = 0; seed < options.rounds; seed++) {
      const round = `round ${seed + 1} of ${options.rounds}`;
      await rm(root, { recursive: true, force: true });
      note(`${round}: making pairs of photos`);
      await makePairs(root, { ...options, seed });
      note(`${round}: ours trains on them`);
      ours.push(await timed(seed, process.execPath, [OURS, root]));
      if (peer.python === null || why !== null) continue;
      note(`${round}: a PyTorch script trains on them`);
      try {
        theirs.push(await timed(seed, peer.python, [THEIRS, join(root, FILES.job)], TORCH));
      } catch (error) {
        why = `failed: ${lastWords(error)}`;
      }
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  const processOf = ([first]: readonly Round[], environment: Readonly<Record<string, string>>): Process => ({
    versions: first?.trained.versions ?? {},
    environment,
  });
  return {
    ...NOTHING,
    ...summarisePhotos(ours, why === null ? theirs : null),
    missing: why === null ? {} : { torchPhotos: why },
    processes: { oursPhotos: processOf(ours, {}), ...(why === null ? { torchPhotos: processOf(theirs, TORCH) } : {}) },
  };
}

async function timed(
  seed: number,
  program: string,
  words: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Round> {
  const begun = performance.now();
  const trained = Trained.parse(await runJson(program, words, environment));
  return { seed, seconds: (performance.now() - begun) / 1000, trained };
}
