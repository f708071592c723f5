/** Splits for a set as it lies on disk: what the splits file says of it, completed by a proposal (method §2.3, §8.1). */
import { resolve } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { Assignments } from '../../configs/schema/splits.js';
import { hashPhotoSet } from './dataset-hash.js';
import { visible } from './names.js';
import { readSplits } from './splits-file.js';
import { proposeSplits } from './splits.js';

export interface SplitsProposal {
  readonly splits: Assignments;
  /** Of the set as it is now. */
  readonly datasetHash: string;
  /** What the file that is there says: nothing, splits without a lock, a lock on this set, a lock on another. */
  readonly state: 'missing' | 'unlocked' | 'locked' | 'locked to another set';
  /** Folders that the proposal adds to the file's, and those of the file that are gone. */
  readonly added: readonly string[];
  readonly gone: readonly string[];
}

export interface ProposeOptions {
  /** Absolute project root. */
  readonly root: string;
  readonly settings: DatasetSettings;
  /** Proposes anew instead of keeping what the file says. */
  readonly fresh?: boolean;
}

/** Keeps what the splits file says and proposes a split for each other folder. Writes nothing. @throws Problem DATASET where that cannot be done. */
export async function proposeForSet({ root, settings, fresh = false }: ProposeOptions): Promise<SplitsProposal> {
  const { hash, photos } = await hashed(resolve(root, settings.photos.root));
  const read = await readSplits(resolve(root, settings.splits.file), settings.splits.file);
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
  const folders = [...new Set(photos.map(({ folder }) => folder))];
  return {
    splits: proposeSplits(folders, settings.splits, kept),
    datasetHash: hash,
    state: read.assignments === null ? 'missing' : lockState(read.datasetHash, hash),
    added: folders.filter((folder) => !Object.hasOwn(kept, folder)),
    gone: Object.keys(kept).filter((folder) => !folders.includes(folder)),
  };
}

function lockState(locked: string | null, hash: string): SplitsProposal['state'] {
  if (locked === null) return 'unlocked';
  return locked === hash ? 'locked' : 'locked to another set';
}

async function hashed(photoRoot: string): Promise<Awaited<ReturnType<typeof hashPhotoSet>>> {
  try {
    const set = await hashPhotoSet(photoRoot);
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
