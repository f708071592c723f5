/** Puts the cases on disk: one set that holds those of all kinds, and a set each for those whose fault is one of the whole set. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Split } from '../../configs/schema/photos.js';
import type { Assignments } from '../../configs/schema/splits.js';
import { PHOTO_ROOT, SPLITS_FILE, type Kind, type Made } from './kinds.js';
import { jpeg, PARTNER } from './photos.js';

export interface Case extends Pick<Made, 'named' | 'copy'> {
  readonly kind: Kind;
  /** Absolute root of the project whose set holds it. */
  readonly root: string;
}

const IN_FLIGHT = 2;
/** Seeds of kinds are so far apart. */
const MOST_CASES = 1000;
/** So that no split is empty. */
const SOUND: Readonly<Record<string, Split>> = { 'sound-train': 'train', 'sound-val': 'val', 'sound-test': 'test' };

/** @param folder absolute, empty @param cases of each kind that does not say how many */
export async function makeCases(kinds: readonly Kind[], cases: number, folder: string): Promise<Case[]> {
  const together = join(folder, 'together');
  const splits: Record<string, Assignments[string]> = { ...SOUND };
  await writeSound(together);
  const wanted = kinds.flatMap((kind, order) =>
    Array.from({ length: Math.min(kind.cases ?? cases, cases) }, (_, number) => ({ kind, order, number })),
  );
  const stream: AsyncIterable<Case> = Readable.from(wanted).map(
    async ({ kind, order, number }: (typeof wanted)[number]) => {
      const name = `${String(order).padStart(3, '0')}-${number}`;
      const { files, named, copy, ...rest } = await kind.make(name, number, order * MOST_CASES + number);
      const root = kind.apart === true ? join(folder, name) : together;
      await writeFiles(join(root, PHOTO_ROOT), files);
      const own = splitsOf(files, rest.splits);
      if (kind.apart === true) await writeFiles(root, { [SPLITS_FILE]: rest.splitsFile ?? JSON.stringify(own) });
      else Object.assign(splits, own);
      return { kind, root, named, ...(copy === undefined ? {} : { copy }) };
    },
    { concurrency: IN_FLIGHT },
  );
  const made: Case[] = [];
  for await (const each of stream) made.push(each);
  await writeFiles(together, { [SPLITS_FILE]: JSON.stringify(splits) });
  return made;
}

async function writeSound(root: string): Promise<void> {
  for (const [number, folder] of Object.keys(SOUND).entries())
    await writeFiles(join(root, PHOTO_ROOT), {
      [`${folder}/good/a.jpg`]: await jpeg(10 * PARTNER + number),
      [`${folder}/bad/a.jpg`]: await jpeg(11 * PARTNER + number),
    });
}

function splitsOf(files: Made['files'], given: Made['splits'] = {}): Record<string, Assignments[string]> {
  const folders = new Set(Object.keys(files).map((file) => file.slice(0, file.indexOf('/'))));
  return Object.fromEntries([...folders].map((folder) => [folder, given[folder] ?? 'train']));
}

export async function writeFiles(root: string, files: Made['files']): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), content);
  }
}
