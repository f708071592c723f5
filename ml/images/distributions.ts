/** What a set is made of, good and bad photos apart: numbers in bins, names by how often they are met. */
import type { Counts, Distribution } from '../../configs/schema/audit.js';
import type { Label } from '../../configs/schema/photos.js';
import type { Inspection } from './inspect.js';
import type { InspectedSet } from './inspected-set.js';
import type { Content } from './inspections.js';

const MOST_BINS = 20;
const MOST_NAMES = 20;
const KIB = 1024;
const LABELS: readonly Label[] = ['good', 'bad'];

interface Quantity {
  readonly name: string;
  readonly unit: string;
  /** Whether a factor or a difference is what counts. */
  readonly scale: 'linear' | 'logarithmic';
  /** Null where the photo does not have it. */
  readonly of: (content: Content, file: string, scores: InspectedSet['scores']) => number | null;
}

const QUANTITIES: readonly Quantity[] = [
  { name: 'shortest side', unit: 'px', scale: 'logarithmic', of: ({ sides }) => sides && Math.min(sides.width, sides.height) },
  { name: 'size', unit: 'megapixels', scale: 'logarithmic', of: ({ sides }) => sides && (sides.width * sides.height) / 1e6 },
  { name: 'aspect', unit: 'width / height', scale: 'logarithmic', of: ({ sides }) => sides && sides.width / sides.height },
  { name: 'file', unit: 'KiB', scale: 'logarithmic', of: ({ bytes }) => bytes / KIB },
  { name: 'JPEG quality', unit: '1 to 100', scale: 'linear', of: ({ quality }) => quality },
  { name: 'score', unit: 'mean opinion', scale: 'linear', of: (_, file, scores) => scores.get(file)?.mean ?? null },
];

/** Quantities that no photo has are left out. */
export function distributionsOf({ photos, scores }: InspectedSet): Distribution[] {
  return QUANTITIES.flatMap(({ name, unit, scale, of }) => {
    const values: Values = { good: [], bad: [] };
    for (const { photo, content } of photos) {
      const value = content === null ? null : of(content, photo.file, scores);
      if (value !== null) values[photo.label].push(value);
    }
    return values.good.length + values.bad.length === 0 ? [] : [{ name, unit, bins: binned(values, scale) }];
  });
}

type Values = Readonly<Record<Label, number[]>>;

function binned(values: Values, scale: Quantity['scale']): Distribution['bins'] {
  let [least, most] = [Infinity, -Infinity];
  for (const label of LABELS) for (const value of values[label]) [least, most] = [Math.min(least, value), Math.max(most, value)];
  const edges = edgesOf(least, most, scale);
  const bins = edges.slice(1).map((to, place) => ({ from: edges[place] ?? to, to, good: 0, bad: 0 }));
  for (const label of LABELS) {
    for (const value of values[label]) {
      const bin = bins[placeOf(edges, value)];
      if (bin !== undefined) bin[label]++;
    }
  }
  return bins;
}

/** The bin whose lower edge is the last that is not above the value; the last bin holds its upper end. */
function placeOf(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((edges[middle] ?? Infinity) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Values this close, as a share of themselves, differ by rounding alone. */
const SAME = 1e-9;
/** Below this ratio of most to least, steps of one width show more than steps of one factor. */
const WIDE = 4;

/** Round numbers, at most {@link MOST_BINS} steps, from at most `least` to at least `most`. */
export function edgesOf(least: number, most: number, scale: 'linear' | 'logarithmic'): number[] {
  if (most - least <= SAME * Math.abs(most)) return [least, most];
  return scale === 'logarithmic' && least > 0 && most / least > WIDE ? factorEdges(least, most) : widthEdges(least, most);
}

/** Rows of round numbers within a decade, finest first. */
const DECADES = [[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]] as const;

function factorEdges(least: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least)) - 1, Math.ceil(Math.log10(most)) + 1];
  for (const row of DECADES) {
    const numbers = Array.from({ length: last - first + 1 }, (_, place) =>
      row.map((digit) => rounded(digit * 10 ** (first + place))),
    ).flat();
    const from = numbers.findLastIndex((edge) => edge <= least);
    const to = numbers.findIndex((edge) => edge >= most);
    if (to - from <= MOST_BINS) return numbers.slice(from, to + 1);
  }
  return [least, most]; // more than 19 decades
}

function widthEdges(least: number, most: number): number[] {
  for (let power = Math.floor(Math.log10((most - least) / MOST_BINS)); ; power++) {
    for (const digit of [1, 2, 5]) {
      const step = digit * 10 ** power;
      const [from, to] = [Math.floor(least / step), Math.ceil(most / step)];
      if (to - from > MOST_BINS) continue;
      const edges = Array.from({ length: to - from + 1 }, (_, place) => rounded((from + place) * step));
      // Rounding may have moved an end past the value that it was made for.
      return [Math.min(least, edges[0] ?? least), ...edges.slice(1, -1), Math.max(most, edges.at(-1) ?? most)];
    }
  }
}

/** 0.1 + 0.2 is 0.3 to a reader. */
const rounded = (edge: number): number => Number(edge.toPrecision(12));

interface Naming {
  readonly name: string;
  readonly of: (content: Content) => string;
}

const ORIENTATIONS: Readonly<Record<number, string>> = {
  1: 'upright',
  2: 'mirrored',
  3: 'turned by 180°',
  4: 'mirrored, turned by 180°',
  5: 'mirrored, turned by 270°',
  6: 'turned by 90°',
  7: 'mirrored, turned by 90°',
  8: 'turned by 270°',
};

const NAMINGS: readonly Naming[] = [
  { name: 'format', of: ({ format }) => format ?? 'unknown' },
  { name: 'encoder', of: ({ encoder }) => encoder ?? 'unknown' },
  { name: 'orientation', of: ({ orientation }) => (orientation === null ? 'unknown' : (ORIENTATIONS[orientation] ?? 'unknown')) },
  { name: 'colour', of: colourOf },
];

/** What is not sRGB is told in the words of the finding. */
function colourOf({ format, faults }: Content): string {
  const other = faults.find(([code]) => code === 'not-srgb');
  return other !== undefined ? other[1] : format === null ? 'unknown' : 'sRGB';
}

/** Photos that could be read, by name; names beyond the most frequent are counted together. */
export function countsOf({ photos }: InspectedSet): Counts[] {
  return NAMINGS.map(({ name, of }) => ({ name, values: frequent(photos, of) }));
}

type Counted = Counts['values'][number];

function frequent(photos: readonly Inspection[], of: (content: Content) => string): Counted[] {
  const counts = new Map<string, Counted>();
  for (const { photo, content } of photos) {
    if (content === null) continue;
    const value = of(content);
    const counted = counts.get(value) ?? { value, good: 0, bad: 0 };
    counted[photo.label]++;
    counts.set(value, counted);
  }
  const sorted = [...counts.values()].sort((a, b) => b.good + b.bad - a.good - a.bad || (a.value < b.value ? -1 : 1));
  const rest = sorted.slice(MOST_NAMES);
  if (rest.length === 0) return sorted;
  const total = (label: Label): number => rest.reduce((sum, counted) => sum + counted[label], 0);
  return [...sorted.slice(0, MOST_NAMES), { value: `others (${rest.length})`, good: total('good'), bad: total('bad') }];
}
