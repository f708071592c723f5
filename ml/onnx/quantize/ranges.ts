/**
 * From what calibration saw to a grid of 256 steps: number = (q - zeroPoint) * scale, q in [0, 255], zero always exactly on it.
 *
 * The range is the one with the least squared error over the histogram: it gives up rare large numbers for finer steps where the
 * many are. Histograms are taken behind the activation, so that errors which it would cut off do not count.
 */
import type { Extent, Histogram } from './histogram.js';

export interface Grid {
  readonly scale: number;
  /** 0 to 255. */
  readonly zeroPoint: number;
}

/**
 * `least-squares` as above; `min-max` loses nothing to either side; `percentile` leaves the same share of the numbers out at either end.
 */
export const RANGE_METHODS = ['least-squares', 'min-max', 'percentile'] as const;
export type RangeMethod = (typeof RANGE_METHODS)[number];

export interface RangeSettings {
  readonly ranges: RangeMethod;
  /** In (0.5, 1]: share of the numbers, zeros aside, that lie below the upper end, and above the lower one. */
  readonly percentile: number;
}

export interface ChosenGrid {
  readonly grid: Grid;
  /** How it was chosen; `min-max` where there were too few numbers to tell what is rare. */
  readonly by: RangeMethod;
  /** Mean squared error over the calibration's numbers that are not zero, in the histogram's resolution; null but for `least-squares`. */
  readonly meanSquaredError: number | null;
}

const LEVELS = 255;
/** Below so many numbers, four for each step of the grid, the tail of the histogram is chance. */
const FEWEST = 1024;
/** Shares of the whole range that are tried for each of its ends. */
const SHARES = Array.from({ length: 41 }, (_, step) => 1 - 0.02 * step);

/** The grid over [min, max] widened to hold zero. A range of nothing gets a scale of 1: it then only ever holds zero. */
export function gridOver({ min, max }: Extent): Grid {
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  const scale = Math.fround((high - low) / LEVELS);
  if (!(scale > 0)) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.min(LEVELS, Math.max(0, Math.round(-low / scale))) };
}

/** What is left of a number after it went through the grid. */
export function through(grid: Grid, number: number): number {
  return (stepOf(grid, number) - grid.zeroPoint) * grid.scale;
}

/** The step of the grid that is nearest to a number. */
export function stepOf(grid: Grid, number: number): number {
  return Math.min(LEVELS, Math.max(0, Math.round(number / grid.scale) + grid.zeroPoint));
}

function tooFew({ total, extent }: Histogram): boolean {
  return total < FEWEST || !(extent.max > extent.min);
}

export function chooseFreeGrid(histogram: Histogram, { ranges, percentile }: RangeSettings): ChosenGrid {
  const { min, max } = histogram.extent;
  if (ranges === 'min-max' || tooFew(histogram)) return { grid: gridOver({ min, max }), by: 'min-max', meanSquaredError: null };
  if (ranges === 'percentile') return { grid: gridOver(histogram.between(percentile)), by: 'percentile', meanSquaredError: null };
  const lows = min < 0 ? SHARES.map((share) => share * min) : [0];
  const highs = max > 0 ? SHARES.map((share) => share * max) : [0];
  const candidates = lows.flatMap((low) => highs.map((high) => gridOver({ min: low, max: high })));
  return leastSquares(candidates, (grid) => histogram.meanError((number) => (through(grid, number) - number) ** 2));
}

/** Where HardSwish begins: everything below gives zero, so that a grid from -3 loses nothing there. */
const FLOOR = -3;

/**
 * The grid of a value that goes through HardSwish(x) = x * gate(x), gate(x) = clip(x / 6 + 1 / 2, 0, 1). It begins at exactly -3, on a
 * whole zero point z, so scale = 3 / z: then the same integers read with scale 1 / (2 z) and zero point 0 are x / 6 + 1 / 2, and the
 * gate is a requantisation to [0, 1]. Chosen by the least squared error of the product.
 */
export function chooseHardSwishGrid(histogram: Histogram, { ranges, percentile }: RangeSettings): ChosenGrid {
  const known = !tooFew(histogram);
  const max = Math.max(known && ranges === 'percentile' ? histogram.between(percentile).max : histogram.extent.max, 0);
  // The highest number on the grid of z is (255 - z) * 3 / z.
  const least = Math.max(1, Math.floor((LEVELS * -FLOOR) / (max - FLOOR)));
  const candidates = Array.from({ length: LEVELS - least }, (_, index) => ({ scale: -FLOOR / (least + index), zeroPoint: least + index }));
  if (!known || ranges !== 'least-squares')
    return { grid: { scale: -FLOOR / least, zeroPoint: least }, by: known ? ranges : 'min-max', meanSquaredError: null };
  return leastSquares(candidates, (grid) =>
    histogram.meanError((number) => {
      const gate = Math.min(LEVELS, Math.round((LEVELS * stepOf(grid, number)) / (2 * grid.zeroPoint))) / LEVELS;
      return (through(grid, number) * gate - hardSwish(number)) ** 2;
    }),
  );
}

function hardSwish(x: number): number {
  return x * Math.min(1, Math.max(0, x / 6 + 0.5));
}

function leastSquares(candidates: readonly Grid[], errorOf: (grid: Grid) => number): ChosenGrid {
  let best: ChosenGrid | null = null;
  for (const grid of candidates) {
    const meanSquaredError = errorOf(grid);
    if (best?.meanSquaredError == null || meanSquaredError < best.meanSquaredError) best = { grid, by: 'least-squares', meanSquaredError };
  }
  if (best === null) throw new Error('no grid to choose from');
  return best;
}
