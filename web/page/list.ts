/** The ranked list, made anew from the photos scored so far. */
import type { Scores } from '../shared/manifest.js';
import { rank, type Placed, type Scored } from '../shared/ranking.js';
import { make } from './elements.js';
import { describeClose, describeScore } from './words.js';

export interface ScoredPhoto extends Scored {
  /** Drawn once; moved as the order changes. */
  readonly thumbnail: HTMLCanvasElement;
}

/** Best first, a remark between two that are too close to call. */
export function rankingItems(photos: readonly ScoredPhoto[], scores: Scores | null): HTMLLIElement[] {
  return rank(photos, scores).map((photo, place) => {
    const item = make('li', '', cardOf(photo, place + 1));
    if (photo.closeToNext !== null && scores !== null) item.append(make('p', 'unsure', describeClose(photo.closeToNext, scores.close)));
    return item;
  });
}

function cardOf({ name, score, percentile, thumbnail }: Placed<ScoredPhoto>, place: number): HTMLElement {
  const said = make('div', '', make('p', 'name', name), make('p', 'said', describeScore(score, percentile)));
  if (percentile !== null) said.append(meterOf(percentile));
  return make('article', 'photo', make('span', 'place', String(place)), thumbnail, said);
}

function meterOf(percentile: number): HTMLMeterElement {
  const meter = make('meter', '');
  meter.max = 100;
  meter.value = percentile;
  meter.setAttribute('aria-label', `Better than ${Math.round(percentile)} % of the test photos`);
  return meter;
}

/** A picture for the list; the name beside it says which photo it is. */
export function canvasOf(bitmap: ImageBitmap): HTMLCanvasElement {
  const canvas = make('canvas', '');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.setAttribute('aria-hidden', 'true');
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap);
  return canvas;
}
