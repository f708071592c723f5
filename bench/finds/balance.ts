/** Sets whose photos give away which is good without being looked at: each case a set of its own. */
import type { Split } from '../../configs/schema/photos.js';
import type { Kind, Made } from './kinds.js';
import { photo } from './photos.js';

type Write = (seed: number) => Promise<Buffer>;

interface Side {
  readonly extension: string;
  readonly write: Write;
}

const jpegOf = (quality: number, size = 256): Side => ({
  extension: 'jpg',
  write: async (seed) => (await photo(seed, size, size)).jpeg({ quality }).toBuffer(),
});
const webp: Side = { extension: 'webp', write: async (seed) => (await photo(seed, 256, 256)).webp({ quality: 80, effort: 0 }).toBuffer() };
const otherProgram: Side = {
  extension: 'jpg',
  write: async (seed) =>
    (await photo(seed, 256, 256))
      .jpeg({ quality: 85 })
      .withExif({ IFD0: { Software: 'Another Program 2.1' } })
      .toBuffer(),
};

const CASES = 2;
/** In each of three folders; so many that a rule right for all of them is right beyond chance. */
const PAIRS = 16;
const FOLDERS: readonly (readonly [string, Split])[] = [
  ['one', 'train'],
  ['two', 'val'],
  ['three', 'test'],
];

async function set(good: Side, bad: Side, seed: number): Promise<Made['files']> {
  const files: Record<string, Uint8Array> = {};
  let next = seed * 1000;
  for (const [folder] of FOLDERS)
    for (let pair = 0; pair < PAIRS; pair++) {
      files[`${folder}/good/${pair}.${good.extension}`] = await good.write(next++);
      files[`${folder}/bad/${pair}.${bad.extension}`] = await bad.write(next++);
    }
  return files;
}

const telling = (name: string, good: Side, bad: Side): Kind => ({
  name,
  codes: ['tell-tale'],
  cases: CASES,
  apart: true,
  make: async (_folder, _number, seed) => ({ files: await set(good, bad, seed), splits: Object.fromEntries(FOLDERS), named: ['.'] }),
});

/** Good and bad photos of each folder; the first two are for training. */
const uneven = (name: string, counts: readonly (readonly [good: number, bad: number])[]): Kind => ({
  name,
  codes: ['unbalanced'],
  cases: CASES,
  apart: true,
  make: async (_folder, _number, seed) => {
    const files: Record<string, Uint8Array> = {};
    const splits: readonly Split[] = ['train', 'train', 'val', 'test'];
    let next = seed * 1000;
    for (const [folder, [good, bad]] of counts.entries())
      for (const [label, count] of [['good', good] as const, ['bad', bad] as const])
        for (let photo = 0; photo < count; photo++) files[`scene-${folder}/${label}/${photo}.jpg`] = await jpegOf(85).write(next++);
    return { files, splits: Object.fromEntries(splits.map((split, folder) => [`scene-${folder}`, split])), named: ['scene-0'] };
  },
});

export const BALANCE: readonly Kind[] = [
  uneven('one folder with most of the training pairs', [
    [9, 9],
    [2, 2],
    [2, 2],
    [2, 2],
  ]),
  uneven('six good photos for a bad one', [
    [6, 1],
    [2, 2],
    [2, 2],
    [2, 2],
  ]),
  telling('good saved at quality 95, bad at 60', jpegOf(95), jpegOf(60)),
  telling('good of 300 px, bad of 256', jpegOf(85, 300), jpegOf(85)),
  telling('good as JPEG, bad as WebP', jpegOf(85), webp),
  telling('bad written by another program', jpegOf(85), otherProgram),
];
