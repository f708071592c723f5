/** What calibration sees of one value: its range, then how its numbers are spread over that range. */

export interface Extent {
  readonly min: number;
  readonly max: number;
}

export const NOTHING_SEEN: Extent = { min: Infinity, max: -Infinity };

export function widened({ min, max }: Extent, numbers: Float32Array): Extent {
  // Indices, not iterators: this and `add` see every activation of every calibration photo.
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at] ?? NaN;
    if (number < min) min = number;
    if (number > max) max = number;
  }
  return { min, max };
}

const BINS = 2048;

/** Counts of numbers in equal bins over a range. Zeros are not counted: every grid holds zero exactly, so they cost nothing. */
export class Histogram {
  readonly counts = new Float64Array(BINS);
  /** Numbers that are not zero. */
  total = 0;
  private readonly width: number;

  /** @param extent min < max */
  constructor(readonly extent: Extent) {
    this.width = (extent.max - extent.min) / BINS;
  }

  /** Numbers outside the range count where it ends. */
  add(numbers: Float32Array): void {
    const { min } = this.extent;
    const perUnit = 1 / this.width;
    const { counts } = this;
    for (let at = 0; at < numbers.length; at++) {
      const number = numbers[at] ?? NaN;
      if (number === 0) continue;
      const bin = Math.floor((number - min) * perUnit);
      const within = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
      counts[within] = (counts[within] ?? 0) + 1;
      this.total += 1;
    }
  }

  /** Mean over the counted numbers of `error` at the middle of their bins. */
  meanError(error: (number: number) => number): number {
    let sum = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const count = this.counts[bin] ?? 0;
      if (count > 0) sum += count * error(this.extent.min + (bin + 0.5) * this.width);
    }
    return sum / this.total;
  }

  /** The range that leaves a share of 1 - `share` of the counted numbers out at either end, in the histogram's resolution. */
  between(share: number): Extent {
    const left = (1 - share) * this.total;
    const end = (from: number, step: number): number => {
      let passed = 0;
      for (let bin = from; bin >= 0 && bin < BINS; bin += step) {
        passed += this.counts[bin] ?? 0;
        if (passed > left) return bin;
      }
      return from;
    };
    return { min: this.extent.min + end(0, 1) * this.width, max: this.extent.min + (end(BINS - 1, -1) + 1) * this.width };
  }
}
