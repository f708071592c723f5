/**
 * Photos decoded to squares of 256, ours beside torchvision and Pillow, in turn: 12-megapixel JPEGs, and PNGs and JPEGs of 512 px. Ours is one process that
 * decodes four at once on Node's thread pool and has more under way, as the audit does; the peers have two processes with one thread each, which hand back nothing but a sum, so that no
 * copying of pixels between processes weighs on them. Ours decodes every pixel, as training and the audit do; `Fast` shrinks while it loads, as
 * `audit --fast` does, and Pillow with `draft` likewise.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { z } from 'zod';
import { median } from '../../ml/ranking/median.js';
import { photoMaker, type MakePhoto } from '../made-photos.js';
import { WORKPLACE } from '../peers.js';
import { joined, NOTHING, type Findings } from '../report.js';
import { takeTurns, type Contestant } from '../turns.js';
import type { DataOptions, Note } from './data.js';

const SIDE = 256;
/** Timed ones of each process; one before them warms up. */
const PASSES = 2;

const OURS = fileURLToPath(new URL('our-decode.js', import.meta.url));
const THEIRS = fileURLToPath(new URL('../../../bench/data/decode_peers.py', import.meta.url));

const ours = (mode: 'full' | 'fast'): Contestant => ({ peer: null, words: [OURS, mode] });
const theirs = (mode: 'torchvision' | 'pillow' | 'draft', processes?: 'two'): Contestant => ({
  peer: 'torch',
  words: [THEIRS, processes === undefined ? mode : `${mode}-${processes}`],
});

interface PhotoSet {
  readonly photos: number;
  readonly width: number;
  readonly height: number;
  readonly extension: string;
  readonly write: (photo: Sharp) => Sharp;
  readonly contestants: Readonly<Record<string, Contestant>>;
  /** Ours divided by theirs. */
  readonly ratios: Readonly<Record<string, readonly [us: string, them: string]>>;
}

const SETS: readonly PhotoSet[] = [
  {
    photos: 8,
    width: 4000,
    height: 3000,
    extension: 'jpg',
    write: (photo) => photo.jpeg({ quality: 90 }),
    contestants: {
      largeFull: ours('full'),
      largeFast: ours('fast'),
      largeTorchvision: theirs('torchvision'),
      largePillowDraft: theirs('draft'),
      largeTorchvisionTwo: theirs('torchvision', 'two'),
      largePillowTwo: theirs('pillow', 'two'),
      largePillowDraftTwo: theirs('draft', 'two'),
    },
    ratios: {
      largeFastTorchvision: ['largeFast', 'largeTorchvision'],
      largeFastPillowDraft: ['largeFast', 'largePillowDraft'],
      largeFastTorchvisionTwo: ['largeFast', 'largeTorchvisionTwo'],
      largeFastPillowDraftTwo: ['largeFast', 'largePillowDraftTwo'],
      largeFullTorchvision: ['largeFull', 'largeTorchvision'],
      largeFullTorchvisionTwo: ['largeFull', 'largeTorchvisionTwo'],
      largeFullPillowTwo: ['largeFull', 'largePillowTwo'],
    },
  },
  {
    photos: 60,
    width: 512,
    height: 512,
    extension: 'png',
    write: (photo) => photo.withIccProfile('srgb').png(),
    contestants: {
      png: ours('full'),
      pngPeer: theirs('torchvision'),
      pngPeerTwo: theirs('torchvision', 'two'),
      pngPillowTwo: theirs('pillow', 'two'),
    },
    ratios: { pngTorchvision: ['png', 'pngPeer'], pngTorchvisionTwo: ['png', 'pngPeerTwo'], pngPillowTwo: ['png', 'pngPillowTwo'] },
  },
  {
    photos: 120,
    width: 512,
    height: 512,
    extension: 'jpg',
    write: (photo) => photo.jpeg({ quality: 90 }),
    contestants: {
      jpeg: ours('full'),
      jpegPeer: theirs('torchvision'),
      jpegPeerTwo: theirs('torchvision', 'two'),
      jpegPillowTwo: theirs('pillow', 'two'),
    },
    ratios: {
      jpegTorchvision: ['jpeg', 'jpegPeer'],
      jpegTorchvisionTwo: ['jpeg', 'jpegPeerTwo'],
      jpegPillowTwo: ['jpeg', 'jpegPillowTwo'],
    },
  },
];

const Measured = z.object({ seconds: z.array(z.number().positive()), versions: z.record(z.string(), z.string()) });

export async function measureDecode({ rounds, photos }: DataOptions, note: Note): Promise<Findings> {
  const folder = join(WORKPLACE, 'decode');
  const make = await photoMaker(photos, GRAIN);
  const found: Findings[] = [];
  for (const set of SETS) {
    await rm(folder, { recursive: true, force: true });
    try {
      note(`making ${set.photos} photos of ${set.width} x ${set.height}`);
      const list = await writeSet(folder, set, make);
      const words = [list, String(SIDE), String(PASSES)];
      const { measured, missing, processes } = await takeTurns(set.contestants, { rounds, schema: Measured, words }, note);
      const ms = new Map(
        [...measured].map(([name, results]) => [name, (1000 * median(results.flatMap(({ seconds }) => seconds))) / set.photos]),
      );
      found.push({ ...NOTHING, ratios: ratiosOf(set, ms), medians: mediansOf(ms), missing, processes });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return joined(found);
}

/** Of each channel, as a camera has it at ISO 400 or so: 12 megapixels at quality 90 come to 3 MB. */
const GRAIN = 8;

async function writeSet(folder: string, { photos, width, height, extension, write }: PhotoSet, make: MakePhoto): Promise<string> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (let seed = 0; seed < photos; seed++) {
    const { data } = await make(seed, width, height);
    const file = join(folder, `${seed}.${extension}`);
    await write(sharp(data, { raw: { width, height, channels: 3 } })).toFile(file);
    files.push(file);
  }
  const list = join(folder, 'photos.json');
  await writeFile(list, JSON.stringify(files));
  return list;
}

/** Those whose two sides were measured. */
function ratiosOf({ ratios }: PhotoSet, ms: ReadonlyMap<string, number>): Record<string, number> {
  const rows = Object.entries(ratios).flatMap(([name, [us, them]]) => {
    const [mine, theirs] = [ms.get(us), ms.get(them)];
    return mine === undefined || theirs === undefined ? [] : [[name, mine / theirs] as const];
  });
  return Object.fromEntries(rows);
}

function mediansOf(ms: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...ms].map(([name, value]) => [`${name}Ms`, value]));
}
