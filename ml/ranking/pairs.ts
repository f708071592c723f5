/** Which photos are compared: pairs of one good and one bad photo of the same folder (design §5, "Pairs"), and their batches. */
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

/** Validation and test compare the same pairs at every epoch. */
const FIXED_EPOCH = 0;

/**
 * The pairs of a split, ordered by folder. Pairing `by-name`: photos of the same file stem. Pairing `cross`: all good with all bad of a
 * folder, or `limit` of them, drawn anew each epoch for training and once for validation and test.
 */
export function pairsOf(index: DatasetIndex, split: Split, draw: EpochDraw): Pair[] {
  const epoch = split === 'train' ? draw.epoch : FIXED_EPOCH;
  return [...foldersOf(index, split)].flatMap(([, folder], position) =>
    index.pairing === 'by-name'
      ? sameStem(folder)
      : crossed(folder, index.limit, new Draws('cross', { seed: draw.seed, epoch, index: position })),
  );
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
  readonly photo: Photo;
}

interface Folder {
  readonly good: Numbered[];
  readonly bad: Numbered[];
}

function foldersOf(index: DatasetIndex, split: Split): Map<string, Folder> {
  const folders = new Map<string, Folder>();
  index.photos.forEach((photo, number) => {
    if (photo.split !== split) return;
    const folder = folders.get(photo.folder) ?? { good: [], bad: [] };
    folder[photo.label].push({ number, photo });
    folders.set(photo.folder, folder);
  });
  return folders;
}

function sameStem({ good, bad }: Folder): Pair[] {
  const partners = new Map(bad.map(({ number, photo }) => [stemOf(photo.file), number]));
  return good.flatMap(({ number, photo }) => {
    const partner = partners.get(stemOf(photo.file));
    return partner === undefined ? [] : [{ good: number, bad: partner }];
  });
}

/** All pairs, or `limit` different ones of them: the first `limit` places of a shuffled list that is never written out in full. */
function crossed({ good, bad }: Folder, limit: number, draws: Draws): Pair[] {
  const total = good.length * bad.length;
  const moved = new Map<number, number>();
  return Array.from({ length: Math.min(limit, total) }, (_, place) => {
    const chosen = total <= limit ? place : place + draws.below(total - place);
    const product = moved.get(chosen) ?? chosen;
    moved.set(chosen, moved.get(place) ?? place);
    return { good: good[Math.floor(product / bad.length)]?.number ?? 0, bad: bad[product % bad.length]?.number ?? 0 };
  });
}
