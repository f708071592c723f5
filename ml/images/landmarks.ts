/**
 * Squares of a picture that a crop of the picture has as well. A grid of squares is bound to the picture's edges, which a crop moves; these are
 * bound to what the picture shows: places where a box is brighter or darker than what surrounds it, more so than at the places and sizes next
 * to it (centre-surround extrema with box filters: Agrawal, Konolige, Blas, "CenSurE", ECCV 2008; without its test against edges). Around each lies
 * the square, three times the size of the box, which is hashed.
 */
import type { GreySums } from './grey-sums.js';

/** A square about (`x`, `y`) that reaches `half` pixels to each side and lies within the picture. */
export interface Landmark {
  readonly x: number;
  readonly y: number;
  readonly half: number;
}

/** Half the sides of the boxes, in whole pixels about 10 * 1.2^n; the first and last are only compared with. */
const BOXES = [8, 10, 12, 14, 17, 21, 25, 30, 36, 43] as const;
const SMALLEST = 10;
const RATIO = 1.2;
/** Side of the hashed square over that of the box. Smaller squares say too little, larger ones stick out of crops. */
const SQUARE = 3;
/** Pixels between the places that are looked at; extrema lie between them, by parabolas. */
const STEP = 4;
/** Grey values that a box must differ from its surroundings by. */
const FAINTEST = 2;
/** Pixels that a square may stick out of the picture by before it is made smaller. */
const OVERHANG = 2;

/** Difference of a box and its surroundings for each place of a grid; NaN where the surroundings leave the picture. */
type Responses = Float64Array;

/** The `most` clearest, clearest first. */
export function findLandmarks(sums: GreySums, most: number): Landmark[] {
  const grid = Math.floor(sums.side / STEP) + 1;
  const levels = BOXES.map((half) => responsesOf(sums, half, grid));
  const found: (Landmark & { readonly clearness: number })[] = [];
  for (let level = 1; level + 1 < levels.length; level++) {
    const half = SQUARE * (BOXES[level] as number);
    const first = Math.ceil((half - OVERHANG) / STEP);
    const last = grid - 1 - first;
    for (let row = first; row <= last; row++) {
      for (let column = first; column <= last; column++) {
        const at = row * grid + column;
        if (!isExtremum(levels, level, at, grid)) continue;
        const landmark = refined(levels, level, at, grid, sums.side);
        if (landmark === null) continue;
        // The larger a square, the likelier it is found again.
        const clearness = Math.abs(levels[level]?.[at] as number) * Math.sqrt(landmark.half);
        found.push({ ...landmark, clearness });
      }
    }
  }
  return found.sort((a, b) => b.clearness - a.clearness).slice(0, most);
}

function responsesOf(sums: GreySums, half: number, grid: number): Responses {
  const responses = new Float64Array(grid * grid).fill(NaN);
  const first = Math.ceil((2 * half) / STEP);
  for (let row = first; row < grid - first; row++) {
    for (let column = first; column < grid - first; column++) {
      const [x, y] = [column * STEP, row * STEP];
      // The outer box holds the inner one, which is a quarter of it.
      responses[row * grid + column] = (sums.mean(x, y, half) - sums.mean(x, y, 2 * half)) * (4 / 3);
    }
  }
  return responses;
}

/** Of two neighbours that are equal, as a box halfway between two places gives them, the first is one. */
function isExtremum(levels: readonly Responses[], level: number, at: number, grid: number): boolean {
  const value = levels[level]?.[at] as number;
  if (!(Math.abs(value) > FAINTEST)) return false;
  const sign = Math.sign(value);
  for (let other = level - 1; other <= level + 1; other++) {
    const responses = levels[other] as Responses;
    for (let down = -grid; down <= grid; down += grid) {
      for (let right = -1; right <= 1; right++) {
        const more = sign * ((responses[at + down + right] as number) - value);
        const isEarlier = other < level || (other === level && down + right < 0);
        if (more > 0 || (more === 0 && isEarlier)) return false;
      }
    }
  }
  return true;
}

/** The place and size between the grid's; null where the square would leave the picture. */
function refined(levels: readonly Responses[], level: number, at: number, grid: number, side: number): Landmark | null {
  const responses = levels[level] as Responses;
  const value = responses[at] as number;
  const peak = (before: number | undefined, after: number | undefined): number => {
    const shift = (0.5 * ((before ?? NaN) - (after ?? NaN))) / ((before ?? NaN) - 2 * value + (after ?? NaN));
    return Number.isFinite(shift) ? Math.max(-0.5, Math.min(0.5, shift)) : 0;
  };
  const x = ((at % grid) + peak(responses[at - 1], responses[at + 1])) * STEP;
  const y = (Math.floor(at / grid) + peak(responses[at - grid], responses[at + grid])) * STEP;
  const size = level - 1 + peak(levels[level - 1]?.[at], levels[level + 1]?.[at]);
  const half = SQUARE * SMALLEST * RATIO ** size;
  const room = Math.min(x, y, side - x, side - y);
  return half > room + OVERHANG ? null : { x, y, half: Math.min(half, room) };
}
