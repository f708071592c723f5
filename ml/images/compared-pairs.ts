/** Pairs as training would compare them, with what is known of their photos: what the balance of a set is measured on. */
import { pairsOf, type Pair, type PairSource } from '../ranking/pairs.js';
import type { Inspection } from './inspect.js';
import type { InspectedSet } from './inspected-set.js';
import type { Content } from './inspections.js';
import type { FoundPhoto } from './scan.js';

export type Sides = NonNullable<Content['sides']>;

/** A photo whose header could be read. */
export interface Known {
  readonly photo: FoundPhoto;
  readonly content: Content;
  readonly sides: Sides;
}

export interface Compared {
  readonly photos: readonly Known[];
  /** Places in `photos`. */
  readonly pairs: readonly Pair[];
}

/** Every set is drawn from in the same way. */
const DRAW = { seed: 0, epoch: 0 };

/** All pairs of the set by name, whatever their split; of crossed ones as many of a folder as an epoch draws. */
export function comparedPairs(set: InspectedSet): Compared {
  const { pairing, limit } = set.settings.pairs;
  return pairsAmong(set.photos, set, { limit: pairing === 'cross' ? limit : Number.MAX_SAFE_INTEGER, weights: {} });
}

/** What an epoch trains on, limits and weights kept. */
export function trainingPairs(set: InspectedSet): Compared {
  const photos = set.photos.filter(({ photo }) => set.splitOf.get(photo.file) === 'train');
  return pairsAmong(photos, set, set.settings.pairs);
}

function pairsAmong(
  photos: readonly Inspection[],
  { settings }: InspectedSet,
  { limit, weights }: Pick<PairSource, 'limit' | 'weights'>,
): Compared {
  const known: Known[] = [];
  const listed: PairSource['photos'][number][] = [];
  for (const { photo, content } of photos) {
    const sides = content?.sides ?? null;
    if (content === null || sides === null) continue;
    const { file, folder, label } = photo;
    known.push({ photo, content, sides });
    listed.push({ file, folder, label, split: 'train' });
  }
  return { photos: known, pairs: pairsOf({ pairing: settings.pairs.pairing, limit, weights, photos: listed }, 'train', DRAW) };
}
