/** How many photos and pairs each split and folder has, and whether that is enough to measure anything by (method §2.3, §6.3). */
import { nearest } from '../../configs/load/nearest.js';
import type { AuditReport, Finding, FolderPairs, SplitSize } from '../../configs/schema/audit.js';
import type { Split } from '../../configs/schema/photos.js';
import { wilsonInterval } from '../ranking/metrics.js';
import { pairCounts, type PairSource } from '../ranking/pairs.js';
import { finding } from './findings.js';
import type { InspectedSet } from './inspected-set.js';
import { SPLITS } from './splits.js';

/** The accuracy around which intervals are told: what a useful model reaches. Near 1 an interval is narrower. */
const TYPICAL_ACCURACY = 0.8;
const CONFIDENCE = 0.95;

export type Sizes = Pick<AuditReport, 'splits' | 'folderPairs'>;

/** Of the photos that have a split, whatever else is wrong with them. */
export function sizesOf(set: InspectedSet): Sizes {
  const source = pairSource(set);
  const folderPairs = SPLITS.flatMap((split) => pairCounts(source, split));
  const size = (split: Split): SplitSize => sizeOf(split, source, folderPairs);
  return { splits: { train: size('train'), val: size('val'), test: size('test') }, folderPairs };
}

/** Splits that cannot measure what they are for, and weights that change nothing. */
export function sizeFindings(set: InspectedSet, { splits }: Sizes): Finding[] {
  return [
    ...SPLITS.flatMap((split) => withoutPairs(split, splits[split], set)),
    ...(['val', 'test'] as const).flatMap((split) => tooSmall(split, splits[split], set)),
    ...weightFindings(set),
  ];
}

/** Width of the interval (Wilson) around an accuracy of 0.8 over `pairs` pairs, as if each were judged by itself; null without any. */
export function intervalWidth(pairs: number): number | null {
  if (pairs === 0) return null;
  const { low, high } = wilsonInterval(TYPICAL_ACCURACY * pairs, pairs, CONFIDENCE);
  return high - low;
}

function pairSource({ photos, splitOf, settings: { pairs } }: InspectedSet): PairSource {
  return {
    ...pairs,
    photos: photos.flatMap(({ photo: { file, folder, label } }) => {
      const split = splitOf.get(file);
      return split === undefined ? [] : [{ file, folder, label, split }];
    }),
  };
}

function sizeOf(split: Split, source: PairSource, folderPairs: readonly FolderPairs[]): SplitSize {
  const own = folderPairs.filter((row) => row.split === split);
  const pairs = own.reduce((sum, { perEpoch }) => sum + perEpoch, 0);
  const photos = source.photos.filter((photo) => photo.split === split).length;
  return { folders: own.length, photos, pairs, interval: intervalWidth(pairs) };
}

/** With pairing `by-name` the photos without a partner are told one by one. */
function withoutPairs(split: Split, { photos, pairs }: SplitSize, { settings }: InspectedSet): Finding[] {
  if (settings.pairs.pairing === 'by-name' || photos === 0 || pairs > 0) return [];
  return [finding('split-empty', settings.splits.file, `leaves the split ${split} without a pair of a good and a bad photo of one folder`)];
}

function tooSmall(split: Split, { pairs, interval }: SplitSize, { settings }: InspectedSet): Finding[] {
  const { file, widestInterval } = settings.splits;
  if (interval === null || interval <= widestInterval) return [];
  const width = `an accuracy of ${TYPICAL_ACCURACY} would have a 95 % interval ${interval.toFixed(2)} wide`;
  const counted = pairs === 1 ? '1 pair' : `${pairs} pairs`;
  return [finding('split-too-small', file, `gives the split ${split} ${counted}: ${width}, splits.widestInterval is ${widestInterval}`)];
}

function weightFindings({ settings, folders, photos, splitOf }: InspectedSet): Finding[] {
  const trained = new Set(photos.flatMap(({ photo }) => (splitOf.get(photo.file) === 'train' ? [photo.folder] : [])));
  const known = new Set(folders);
  return Object.keys(settings.pairs.weights).flatMap((folder) => {
    if (trained.has(folder) || (known.has(folder) && splitOf.size === 0)) return [];
    const near = known.has(folder) ? null : nearest(folder, folders);
    const reason = known.has(folder)
      ? 'none of whose photos is in train'
      : `which is not in the set${near === null ? '' : `; did you mean "${near}"?`}`;
    return [finding('weight-without-effect', '.', `pairs.weights names the folder "${folder}", ${reason}`)];
  });
}
