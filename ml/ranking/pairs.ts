/** Which photos are compared: pairs of one good and one bad photo of the same folder (design §5, "Pairs"), and their batches. */
import type { FolderPairs } from '../../configs/schema/audit.js';
import type { DatasetIndex, Photo, Split } from '../../configs/schema/photos.js';
import { fillAugmented, fillView } from '../images/augment.js';
import type { PhotoCache } from '../images/cache.js';
import { stemOf } from '../images/names.js';
import { Draws } from '../random/philox.js';

/** Indices into the dataset's (and the cache's) photos. */
export interface Pair {
  readonly good: number;
  readonly bad: number;
}

/** Names an epoch of a run: what pairs, order and augmentation are drawn for. */
export interface EpochDraw {
  readonly seed: number;
  readonly epoch: number;
}

/** What pairs are made of: a dataset index, or a set that may become one. */
export interface PairSource extends Pick<DatasetIndex, 'pairing' | 'limit' | 'weights'> {
  readonly photos: readonly Pick<Photo, 'file' | 'folder' | 'label' | 'split'>[];
}

/** Validation and test compare the same pairs at every epoch. */
const FIXED_EPOCH = 0;

/**
 * The pairs of a split, ordered by folder. Pairing `by-name`: photos of the same file stem. Pairing `cross`: all good with all bad of a
 * folder. Of a folder's pairs an epoch has as many as {@link pairCounts} says, drawn anew each epoch for training and once for validation and
 * test; none comes a second time before all have come.
 */
export function pairsOf(source: PairSource, split: Split, draw: EpochDraw): Pair[] {
  const epoch = split === 'train' ? draw.epoch : FIXED_EPOCH;
  return candidatesOf(source, split).flatMap((candidates, position) =>
    drawn(candidates, perEpoch(source, split, candidates), new Draws('pairs', { seed: draw.seed, epoch, index: position })),
  );
}

/**
 * How many pairs each folder of a split has and how many of them an epoch has: at most `limit`, and in training, rounded and at least one, as
 * many as that times the folder's weight.
 */
export function pairCounts(source: PairSource, split: Split): FolderPairs[] {
  return candidatesOf(source, split).map((candidates) => ({
    folder: candidates.folder,
    split,
    pairs: candidates.count,
    weight: weightOf(source, split, candidates.folder),
    perEpoch: perEpoch(source, split, candidates),
  }));
}

function perEpoch(source: PairSource, split: Split, { folder, count }: Candidates): number {
  const limited = Math.min(source.limit, count);
  return limited === 0 ? 0 : Math.max(1, Math.round(limited * weightOf(source, split, folder)));
}

function weightOf({ weights }: PairSource, split: Split, folder: string): number {
  return split === 'train' && Object.hasOwn(weights, folder) ? (weights[folder] ?? 1) : 1;
}

/** The pairs in this epoch's order. */
export function shuffled(pairs: readonly Pair[], { seed, epoch }: EpochDraw): Pair[] {
  return new Draws('shuffle', { seed, epoch, index: 0 }).shuffled(pairs);
}

/**
 * Fills `out` with P pairs as 2P photos of crop x crop x 3 floats, NHWC: the good ones at [0, P), the bad ones at [P, 2P).
 * Only good photos are augmented (method §3.3), and none where `draw` is null. `firstIndex` is the first pair's position in the
 * epoch: the same position draws the same numbers, whatever the batch size.
 */
export function fillPairBatch(
  cache: PhotoCache,
  pairs: readonly Pair[],
  firstIndex: number,
  draw: EpochDraw | null,
  out: Float32Array,
): void {
  const floats = cache.index.crop ** 2 * 3;
  if (out.length < 2 * pairs.length * floats) throw new RangeError(`${out.length} floats cannot hold ${pairs.length} pairs`);
  pairs.forEach(({ good, bad }, position) => {
    const offset = position * floats;
    if (draw === null) fillView(cache, good, out, offset);
    else fillAugmented(cache, good, { ...draw, index: firstIndex + position }, out, offset);
    fillView(cache, bad, out, pairs.length * floats + offset);
  });
}

interface Numbered {
  readonly number: number;
  readonly file: string;
}

interface Folder {
  readonly good: Numbered[];
  readonly bad: Numbered[];
}

/** All pairs of a folder, which are never written out: pairing `cross` has millions of them. */
interface Candidates {
  readonly folder: string;
  readonly count: number;
  /** @param place from 0 to below `count` */
  pair(place: number): Pair;
}

function candidatesOf({ photos, pairing }: PairSource, split: Split): Candidates[] {
  const folders = new Map<string, Folder>();
  photos.forEach(({ file, folder, label, split: own }, number) => {
    if (own !== split) return;
    const found = folders.get(folder) ?? { good: [], bad: [] };
    found[label].push({ number, file });
    folders.set(folder, found);
  });
  return [...folders].map(([name, folder]) => (pairing === 'by-name' ? byName(name, folder) : cross(name, folder)));
}

function byName(folder: string, { good, bad }: Folder): Candidates {
  const partners = new Map(bad.map(({ number, file }) => [stemOf(file), number]));
  const pairs = good.flatMap(({ number, file }) => {
    const partner = partners.get(stemOf(file));
    return partner === undefined ? [] : [{ good: number, bad: partner }];
  });
  return { folder, count: pairs.length, pair: (place) => pairs[place] ?? outside(place) };
}

function cross(folder: string, { good, bad }: Folder): Candidates {
  const numberOf = (photos: readonly Numbered[], place: number): number => photos[place]?.number ?? outside(place);
  return {
    folder,
    count: good.length * bad.length,
    pair: (place) => ({ good: numberOf(good, Math.floor(place / bad.length)), bad: numberOf(bad, place % bad.length) }),
  };
}

function outside(place: number): never {
  throw new RangeError(`no pair has place ${place}`);
}

/** `wanted` pairs: all of them as often as that goes, then different ones by chance. */
function drawn(candidates: Candidates, wanted: number, draws: Draws): Pair[] {
  const { count } = candidates;
  if (count === 0) return [];
  const left = wanted % count;
  return [
    ...Array.from({ length: wanted - left }, (_, place) => candidates.pair(place % count)),
    ...placesOf(count, left, draws).map((place) => candidates.pair(place)),
  ];
}

/** `wanted` different places below `count`: the beginning of a shuffled list that is never written out in full. */
function placesOf(count: number, wanted: number, draws: Draws): number[] {
  const moved = new Map<number, number>();
  return Array.from({ length: wanted }, (_, place) => {
    const chosen = place + draws.below(count - place);
    const found = moved.get(chosen) ?? chosen;
    moved.set(chosen, moved.get(place) ?? place);
    return found;
  });
}
