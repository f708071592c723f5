/** Pairs of good and bad that are none, and scores that cannot be right. */
import sharp from 'sharp';
import type { Kind, Made } from './kinds.js';
import { HEIGHT, jpeg, PARTNER, photo, png, WIDTH } from './photos.js';

type Files = Made['files'];

const pair = (
  name: string,
  codes: Kind['codes'],
  make: (folder: string, number: number, seed: number) => Promise<Made>,
  more: Partial<Kind> = {},
): Kind => ({
  name,
  codes,
  make,
  ...more,
});

/** @param size of the bad one */
async function pairOf(
  folder: string,
  seed: number,
  size: readonly [number, number] = [WIDTH, HEIGHT],
): Promise<Record<string, Uint8Array | string>> {
  return { [`${folder}/good/a.jpg`]: await jpeg(seed), [`${folder}/bad/a.jpg`]: await jpeg(seed + PARTNER, ...size) };
}

const bothOf = (folder: string): string[] => [`${folder}/good/a.jpg`, `${folder}/bad/a.jpg`];
const scoresOf = (folder: string): string[] => [`${folder}/scores.csv`];

const DUPLICATES = ['exact_duplicates', 'near_duplicates'];

/** Beside a sound pair. */
const scored = (
  name: string,
  codes: Kind['codes'],
  lines: (number: number) => readonly string[],
  named: (folder: string) => readonly string[],
): Kind =>
  pair(name, codes, async (folder, number, seed) => {
    const files: Files = { ...(await pairOf(folder, seed)), [`${folder}/scores.csv`]: ['file,score', ...lines(number), ''].join('\n') };
    return { files, named: named(folder) };
  });

const SIZES: readonly (readonly [number, number])[] = [
  [320, 240],
  [640, 480],
  [500, 375],
  [1024, 768],
];
const SHAPES: readonly (readonly [number, number])[] = [
  [384, 512],
  [512, 512],
  [512, 370],
  [540, 384],
];
const at = <Item>(items: readonly Item[], number: number): Item => items[number % items.length] as Item;

export const PAIRS: readonly Kind[] = [
  pair(
    'good equals bad, byte by byte',
    ['good-equals-bad'],
    async (folder, _number, seed) => {
      const bytes = await jpeg(seed);
      const [named, copy] = [`${folder}/good/a.jpg`, `${folder}/bad/a.jpg`];
      return { files: { [named]: bytes, [copy]: bytes }, named: [named, copy], copy };
    },
    { cleanvision: DUPLICATES },
  ),
  pair(
    'good equals bad in its pixels, saved as another format',
    ['good-equals-bad'],
    async (folder, _number, seed) => {
      const bytes = await jpeg(seed);
      const [named, copy] = [`${folder}/good/a.jpg`, `${folder}/bad/a.png`];
      return { files: { [named]: bytes, [copy]: await sharp(bytes).png({ compressionLevel: 1 }).toBuffer() }, named: [named, copy], copy };
    },
    { cleanvision: DUPLICATES },
  ),
  pair(
    'good equals bad in its pixels, with other metadata',
    ['good-equals-bad'],
    async (folder, number, seed) => {
      const bytes = await png(seed);
      const [named, copy] = [`${folder}/good/a.png`, `${folder}/bad/a.png`];
      return {
        files: {
          [named]: bytes,
          [copy]: await sharp(bytes)
            .withDensity(72 + number)
            .png()
            .toBuffer(),
        },
        named: [named, copy],
        copy,
      };
    },
    { cleanvision: DUPLICATES },
  ),
  pair('a photo without a partner', ['unpaired'], async (folder, number, seed) => {
    const named = `${folder}/${number % 2 === 0 ? 'good' : 'bad'}/b.jpg`;
    return { files: { ...(await pairOf(folder, seed)), [named]: await jpeg(seed + 1_000_000) }, named: [named] };
  }),
  pair('one name with two extensions', ['stem-twice'], async (folder, _number, seed) => {
    const named = `${folder}/good/a.png`;
    return { files: { ...(await pairOf(folder, seed)), [named]: await png(seed + 1_000_000) }, named: [named] };
  }),
  pair(
    'another shape within a pair',
    ['different-aspect'],
    async (folder, number, seed) => ({
      files: await pairOf(folder, seed, at(SHAPES, number)),
      named: bothOf(folder),
    }),
    { cleanvision: ['odd_aspect_ratio', 'odd_size'] },
  ),
  pair(
    'another size within a pair',
    ['different-size'],
    async (folder, number, seed) => ({
      files: await pairOf(folder, seed, at(SIZES, number)),
      named: bothOf(folder),
    }),
    { cleanvision: ['odd_size'] },
  ),
  scored(
    'good and bad swapped, by the scores of people',
    ['looks-swapped'],
    (number) => [`good/a.jpg,${2 + number / 10}`, `bad/a.jpg,${4 + number / 5}`],
    bothOf,
  ),
  scored(
    'a score out of range',
    ['score-out-of-range'],
    (number) => [`good/a.jpg,${number % 2 === 0 ? 10.5 + number : 0.5 - number}`, 'bad/a.jpg,2'],
    scoresOf,
  ),
  scored('a score of a photo that is not there', ['bad-scores'], (number) => ['good/a.jpg,7', `good/z${number}.jpg,3`], scoresOf),
  scored(
    'a score that is no number',
    ['bad-scores'],
    (number) => ['bad/a.jpg,2', `good/a.jpg,${at(['high', '', '7;5', '1e999'], number)}`],
    scoresOf,
  ),
  pair('scores of few of the photos', ['scores-incomplete'], async (folder, _number, seed) => {
    const more = { [`${folder}/good/b.jpg`]: await jpeg(seed + 1_000_000), [`${folder}/bad/b.jpg`]: await jpeg(seed + 2_000_000) };
    return {
      files: { ...(await pairOf(folder, seed)), ...more, [`${folder}/scores.csv`]: 'file,score\ngood/a.jpg,7\n' },
      named: scoresOf(folder),
    };
  }),
  pair('a folder without bad/', ['label-missing'], async (folder, _number, seed) => ({
    files: { [`${folder}/good/a.jpg`]: await (await photo(seed)).jpeg().toBuffer() },
    named: [folder],
  })),
];
