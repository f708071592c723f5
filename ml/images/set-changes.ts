/** What changed in a photo set since its splits were locked, folder by folder. */
import type { FolderDigests } from '../../configs/schema/splits.js';
import { datasetHash, type PhotoDigest } from './dataset-hash.js';

export interface SetChanges {
  readonly added: readonly string[];
  readonly gone: readonly string[];
  /** Folders with other photos than before, and how many they held then and hold now. */
  readonly changed: readonly { readonly folder: string; readonly then: number; readonly now: number }[];
}

/** Digits of the hash that are kept: 64 bits tell a folder from what it was. */
const DIGITS = 16;

export function folderDigests(photos: readonly (PhotoDigest & { readonly folder: string })[]): FolderDigests {
  const folders = new Map<string, PhotoDigest[]>();
  for (const photo of photos) {
    const members = folders.get(photo.folder);
    if (members === undefined) folders.set(photo.folder, [photo]);
    else members.push(photo);
  }
  return Object.fromEntries(
    [...folders].map(([folder, members]) => [folder, { photos: members.length, digest: datasetHash(members).slice(0, DIGITS) }]),
  );
}

export function changesOf(then: FolderDigests, now: FolderDigests): SetChanges {
  const [before, after] = [new Map(Object.entries(then)), new Map(Object.entries(now))];
  return {
    added: [...after.keys()].filter((folder) => !before.has(folder)),
    gone: [...before.keys()].filter((folder) => !after.has(folder)),
    changed: [...after].flatMap(([folder, { photos, digest }]) => {
      const was = before.get(folder);
      return was === undefined || was.digest === digest ? [] : [{ folder, then: was.photos, now: photos }];
    }),
  };
}

/** Folders that are named; of more, the number is told. */
const NAMED = 10;

/** One sentence without a full stop for each kind of change. `changes` is null where the splits file does not hold the folders. */
export function changeWords(changes: SetChanges | null): string[] {
  if (changes === null) return ['which folders changed is not known: the file does not say what they held'];
  const { added, gone, changed } = changes;
  const inWords = changed.map(
    ({ folder, then, now }) => `"${folder}" (${then === now ? `${now} photos, others than then` : `${then} photos then, ${now} now`})`,
  );
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ['new', added.map((folder) => `"${folder}"`)],
    ['gone', gone.map((folder) => `"${folder}"`)],
    ['changed', inWords],
  ];
  const words = kinds.flatMap(([kind, names]) => (names.length === 0 ? [] : [`${kind}: ${listed(names)}`]));
  return words.length > 0 ? words : ['every folder is as it was: the hash in the file is not of these folders'];
}

function listed(names: readonly string[]): string {
  const left = names.length - NAMED;
  return `${names.slice(0, NAMED).join(', ')}${left > 0 ? `, and ${left} more` : ''}`;
}
