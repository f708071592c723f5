/** Splits files that do not fit the set: each case a set of its own. */
import { SPLITS_FILE, type Kind, type Made } from './kinds.js';
import { jpeg, PARTNER } from './photos.js';

const SOUND = { one: 'train', two: 'val', three: 'test' };

interface Fault {
  readonly name: string;
  readonly codes: Kind['codes'];
  /** Text of the splits file for the folders one, two and three. */
  readonly text: (number: number) => string;
  readonly named: string;
}

const of = (splits: unknown): string => JSON.stringify(splits);

const FAULTS: readonly Fault[] = [
  { name: 'a folder without a split', codes: ['without-split'], text: () => of({ one: 'train', two: 'val' }), named: 'three' },
  {
    name: 'a photo that stands in no list',
    codes: ['without-split'],
    text: () => of({ ...SOUND, one: { train: ['a'], val: [], test: [] } }),
    named: 'one/good/b.jpg',
  },
  {
    name: 'a photo in two lists',
    codes: ['in-two-splits'],
    text: (number) => of({ ...SOUND, one: { train: ['a', 'b'], val: number % 2 === 0 ? ['a'] : [], test: number % 2 === 0 ? [] : ['b'] } }),
    named: SPLITS_FILE,
  },
  {
    name: 'splits that name a folder that is not there',
    codes: ['split-of-nothing'],
    text: (number) => of({ ...SOUND, [`four-${number}`]: 'val' }),
    named: SPLITS_FILE,
  },
  {
    name: 'splits that name a photo that is not there',
    codes: ['split-of-nothing'],
    text: (number) => of({ ...SOUND, one: { train: ['a', 'b', `z${number}`], val: [], test: [] } }),
    named: SPLITS_FILE,
  },
  {
    name: 'a split without photos',
    codes: ['split-empty'],
    text: () => of({ one: 'train', two: 'train', three: 'test' }),
    named: SPLITS_FILE,
  },
  {
    name: 'splits locked to another set',
    codes: ['splits-locked-to-another-set'],
    text: (number) => of({ version: 1, datasetHash: String(number % 10).repeat(64), splits: SOUND }),
    named: SPLITS_FILE,
  },
  {
    name: 'a splits file that is none',
    codes: ['splits-unreadable'],
    text: (number) => of({ ...SOUND, one: 'training' }).slice(0, number % 2 === 0 ? undefined : -9),
    named: SPLITS_FILE,
  },
  { name: 'a split too small to measure', codes: ['split-too-small'], text: () => of(SOUND), named: SPLITS_FILE },
];

/** Few, since a case differs from the next by a name at most. */
const CASES = 2;

async function set(seed: number): Promise<Made['files']> {
  const files: Record<string, Uint8Array> = {};
  let next = seed;
  for (const folder of Object.keys(SOUND))
    for (const name of ['good/a.jpg', 'bad/a.jpg', 'good/b.jpg', 'bad/b.jpg'])
      files[`${folder}/${name}`] = await jpeg((next += PARTNER), 256, 256);
  return files;
}

export const SPLIT_FAULTS: readonly Kind[] = FAULTS.map(({ name, codes, text, named }) => ({
  name,
  codes,
  cases: CASES,
  apart: true,
  make: async (_folder, number, seed) => ({ files: await set(seed), splitsFile: text(number), named: [named] }),
}));
