/** The order of photos by score, and how sure it is. */
import type { Scores } from './manifest.js';

export interface Scored {
  readonly id: number;
  readonly name: string;
  /** In [-1, 1]: higher is better. */
  readonly score: number;
}

export type Placed<Photo extends Scored> = Photo & {
  /** Share of the test photos that score lower, in percent from 0 to 100; null where the manifest does not tell. */
  readonly percentile: number | null;
  /** How far the next photo's score is below this one's, where that is too little to tell the two apart. */
  readonly closeToNext: number | null;
};

/** Best first; photos of one score in the order of their names, as `emo-aen rank` has them. */
export function rank<Photo extends Scored>(photos: readonly Photo[], scores: Scores | null): Placed<Photo>[] {
  const sorted = photos.toSorted((a, b) => b.score - a.score || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id));
  return sorted.map((photo, place) => {
    const next = sorted[place + 1];
    const gap = next === undefined ? Infinity : photo.score - next.score;
    return {
      ...photo,
      percentile: scores === null ? null : percentileOf(photo.score, scores.quantiles),
      closeToNext: scores !== null && gap < scores.close ? gap : null,
    };
  });
}

/** Where a score lies among quantiles at equal steps from 0 to 100 %, linear between them. */
export function percentileOf(score: number, quantiles: readonly number[]): number {
  const step = 100 / (quantiles.length - 1);
  const above = quantiles.findIndex((quantile) => quantile > score);
  if (above === 0) return 0;
  if (above === -1) return 100;
  const low = quantiles[above - 1] as number;
  const high = quantiles[above] as number;
  return (above - 1 + (score - low) / (high - low)) * step;
}
