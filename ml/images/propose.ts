/** Splits for a set as it lies on disk: what the splits file says of it, completed by a proposal (method §2.3, §8.1). */
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { Split } from '../../configs/schema/photos.js';
import type { Assignments, FolderDigests } from '../../configs/schema/splits.js';
import { pairCounts, type PairSource } from '../ranking/pairs.js';
import { inspectSet } from './inspect-set.js';
import type { FoundPhoto } from './scan.js';
import { compareWithFile, type Standing, type StandingOptions } from './splits-standing.js';
import { assignSplits } from './splits.js';
import { oversizedGroups, proposeSplits, type FolderSize } from './stratified-splits.js';
import { foldersTogether } from './together.js';

/** What one split gets. */
export interface SplitShare {
  readonly folders: number;
  /** Of an epoch, before weights. */
  readonly pairs: number;
  /** Of all pairs, in [0, 1]. */
  readonly share: number;
  /** What the settings ask for. */
  readonly wanted: number;
}

export interface SplitsProposal extends Standing {
  readonly splits: Assignments;
  readonly folders: FolderDigests;
  readonly shares: Readonly<Record<Split, SplitShare>>;
  /** Folders that share photos and stand in one split therefore; empty where the file has a split for each folder. */
  readonly together: readonly (readonly string[])[];
  /** Why the shares cannot be met: groups of folders, or a folder, with more of the pairs than any split may have. */
  readonly oversized: readonly { readonly folders: readonly string[]; readonly share: number }[];
}

export interface ProposeOptions extends StandingOptions {
  /** Called after each photo that is looked at. */
  readonly onPhoto?: (done: number, total: number) => void;
}

/**
 * Keeps what the splits file says and proposes a split for each other folder, those that share photos in one split. Photos that no audit has
 * looked at are looked at. Writes nothing. @throws Problem DATASET where that cannot be done.
 */
export async function proposeForSet(options: ProposeOptions): Promise<SplitsProposal> {
  const { root, settings, onPhoto, onForgetful = () => undefined } = options;
  const { standing, photos, kept, folders } = await compareWithFile(options);
  const sizes = sizesOf(photos, settings);
  const complete = standing.added.length === 0;
  const together = complete
    ? []
    : foldersTogether(await inspectSet(photos, { root, settings, mode: 'full', onPhoto, onForgetful }), settings.photos.nearCopyDistance);
  const splits = complete
    ? Object.fromEntries(Object.entries(kept).filter(([folder]) => Object.hasOwn(folders, folder)))
    : proposeSplits(sizes, settings.splits, { kept, together });
  return {
    splits,
    folders,
    ...standing,
    shares: sharesOf(splits, photos, settings),
    together,
    oversized: oversizedGroups(sizes, settings.splits, together).map(({ folders: members, share }) => ({ folders: members, share })),
  };
}

/** The photos as if each were in the split that `splitOf` says, without weights: what they teach, not how often. */
function sourceOf(
  photos: readonly FoundPhoto[],
  { pairs }: DatasetSettings,
  splitOf: (photo: FoundPhoto) => Split | undefined,
): PairSource {
  const assigned = photos.flatMap((photo) => {
    const split = splitOf(photo);
    return split === undefined ? [] : [{ ...photo, split }];
  });
  return { pairing: pairs.pairing, limit: pairs.limit, weights: {}, photos: assigned };
}

function sizesOf(photos: readonly FoundPhoto[], settings: DatasetSettings): FolderSize[] {
  return pairCounts(
    sourceOf(photos, settings, () => 'train'),
    'train',
  ).map(({ folder, perEpoch }) => ({ folder, pairs: perEpoch }));
}

function sharesOf(splits: Assignments, photos: readonly FoundPhoto[], settings: DatasetSettings): SplitsProposal['shares'] {
  const { splitOf } = assignSplits(splits, photos, settings.splits.file);
  const source = sourceOf(photos, settings, ({ file }) => splitOf.get(file));
  const counted = (split: Split): Pick<SplitShare, 'folders' | 'pairs'> => {
    const own = pairCounts(source, split);
    return { folders: own.length, pairs: own.reduce((sum, { perEpoch }) => sum + perEpoch, 0) };
  };
  const counts = { train: counted('train'), val: counted('val'), test: counted('test') };
  const total = counts.train.pairs + counts.val.pairs + counts.test.pairs;
  const share = (split: Split): SplitShare => ({
    ...counts[split],
    share: total === 0 ? 0 : counts[split].pairs / total,
    wanted: settings.splits[split],
  });
  return { train: share('train'), val: share('val'), test: share('test') };
}
