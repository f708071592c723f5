/** How a splits file stands to the photos as they lie on disk: locked to them, to others, to none, and what changed since (method §8.1). */
import { resolve } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { Assignments, FolderDigests } from '../../configs/schema/splits.js';
import { Digests } from '../files/digests.js';
import { hashPhotoSet, type PhotoDigest } from './dataset-hash.js';
import { visible } from './names.js';
import type { FoundPhoto } from './scan.js';
import { changesOf, folderDigests, type SetChanges } from './set-changes.js';
import { readSplits } from './splits-file.js';

export interface Standing {
  /** Of the set as it is now. */
  readonly datasetHash: string;
  /** What the file that is there says: nothing, splits without a lock, a lock on this set, a lock on another. */
  readonly state: 'missing' | 'unlocked' | 'locked' | 'locked to another set';
  /** Folders without a split in the file, and those of the file that are gone. */
  readonly added: readonly string[];
  readonly gone: readonly string[];
  /** Since the file was locked; null where it is not locked, or does not say what the folders held. */
  readonly changes: SetChanges | null;
}

export interface StandingOptions {
  /** Absolute project root. */
  readonly root: string;
  readonly settings: DatasetSettings;
  /** Takes the file as if it gave no folder a split. */
  readonly fresh?: boolean;
  /** Told what kept anything from being remembered, which the next command then finds out anew. */
  readonly onForgetful?: (message: string) => void;
}

/** What the comparison was made of, for those who go on from it. */
export interface Comparison {
  readonly standing: Standing;
  readonly photos: readonly (FoundPhoto & PhotoDigest)[];
  readonly kept: Assignments;
  readonly folders: FolderDigests;
}

/** Decodes no photo. @throws Problem DATASET where there are no photos, one cannot be read, or the splits file cannot be used. */
export async function compareWithFile({
  root,
  settings,
  fresh = false,
  onForgetful = () => undefined,
}: StandingOptions): Promise<Comparison> {
  const { hash, photos } = await hashed(resolve(root, settings.photos.root), new Digests({ root, store: 'photos', tell: onForgetful }));
  const read = await readSplits(root, settings.splits.file);
  const [fault] = read.findings;
  if (!fresh && fault !== undefined && fault.code !== 'splits-missing') {
    throw new Problem({
      code: 'DATASET',
      message: fault.message,
      where: fault.file,
      cure: 'mend the file, or propose splits anew with --fresh',
    });
  }
  const kept = fresh ? {} : (read.assignments ?? {});
  const folders = folderDigests(photos);
  return {
    photos,
    kept,
    folders,
    standing: {
      datasetHash: hash,
      state: read.assignments === null ? 'missing' : lockState(read.datasetHash, hash),
      added: Object.keys(folders).filter((folder) => !Object.hasOwn(kept, folder)),
      gone: Object.keys(kept).filter((folder) => !Object.hasOwn(folders, folder)),
      changes: read.folders === null ? null : changesOf(read.folders, folders),
    },
  };
}

function lockState(locked: string | null, hash: string): Standing['state'] {
  if (locked === null) return 'unlocked';
  return locked === hash ? 'locked' : 'locked to another set';
}

async function hashed(photoRoot: string, digests: Digests): Promise<Awaited<ReturnType<typeof hashPhotoSet>>> {
  try {
    const set = await hashPhotoSet(photoRoot, digests);
    if (set.photos.length > 0) return set;
  } catch (error) {
    if (!isAbout(error, 'EACCES', 'ENOENT', 'EIO')) throw error;
    throw new Problem({ code: 'DATASET', message: visible(error.message), where: photoRoot, cure: 'see `emo-aen audit`', cause: error });
  }
  throw new Problem({
    code: 'DATASET',
    message: 'there are no photos to split',
    where: photoRoot,
    cure: 'put one folder per scene here, each with good/ and bad/, or make a set with `emo-aen sample`',
  });
}
