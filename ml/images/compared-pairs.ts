/** Pairs as training would compare them, with what is known of their photos: what the balance of a set is measured on. */
import type { DatasetIndex } from '../../configs/schema/photos.js';
import { pairsOf } from '../ranking/pairs.js';
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

export interface ComparedPair {
  readonly good: Known;
  readonly bad: Known;
}

/** Every set is drawn from in the same way. */
const DRAW = { seed: 0, epoch: 0 };

/** All pairs of the set by name, whatever their split; of crossed ones as many of a folder as an epoch draws. */
export function comparedPairs(set: InspectedSet): ComparedPair[] {
  const { pairing, limit } = set.settings.pairs;
  return pairsAmong(set.photos, set, { limit: pairing === 'cross' ? limit : Number.MAX_SAFE_INTEGER, weights: {} });
}

/** What an epoch trains on, limits and weights kept. */
export function trainingPairs(set: InspectedSet): ComparedPair[] {
  const photos = set.photos.filter(({ photo }) => set.splitOf.get(photo.file) === 'train');
  return pairsAmong(photos, set, set.settings.pairs);
}

function pairsAmong(
  photos: readonly Inspection[],
  { settings }: InspectedSet,
  { limit, weights }: Pick<DatasetIndex, 'limit' | 'weights'>,
): ComparedPair[] {
  const known = photos.flatMap(({ photo, content }): Known[] => {
    const sides = content?.sides ?? null;
    return content === null || sides === null ? [] : [{ photo, content, sides }];
  });
  const index: DatasetIndex = {
    version: 2,
    hash: '',
    root: settings.photos.root,
    synthetic: false,
    pairing: settings.pairs.pairing,
    limit,
    weights,
    photos: known.map(({ photo: { file, folder, label }, sides }) => ({
      file,
      folder,
      label,
      split: 'train',
      sha256: '',
      ...sides,
      score: null,
    })),
  };
  return pairsOf(index, 'train', DRAW).flatMap((pair) => {
    const good = known[pair.good];
    const bad = known[pair.bad];
    return good === undefined || bad === undefined ? [] : [{ good, bad }];
  });
}
