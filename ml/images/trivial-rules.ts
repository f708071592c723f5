/**
 * What lets a model cheat: rules that know nothing of beauty and tell the good photo of a pair from the bad one all the same.
 *
 * A rule of a number (bytes, pixels, ...) takes the photo with more of it, or with less of it, whichever is right more often; a rule of a
 * name (encoder, format, size) takes the photo whose name has the larger share of good ones. What a name's share is must not be learned
 * from the pair that it is tried on: with many names, each met once, such a rule would be right always and mean nothing. So it is learned
 * from the other folders, or, where there is one folder only, from four fifths of its photos. A pair that a rule cannot decide counts half.
 *
 * Small sets are told apart from tell-tale ones by the 95 % interval (Wilson, 1927): 8 right of 8 are still no evidence for more than
 * 0.68. The interval counts pairs that share no photo: 64 pairs of 8 good and 8 bad photos are 8 observations, not 64. Choosing the
 * direction by the data doubles the chance of a false alarm, which for the lower end of that interval stays below 5 %.
 */
import type { TrivialRule } from '../../configs/schema/audit.js';
import type { Label } from '../../configs/schema/photos.js';
import { wilsonInterval } from '../ranking/metrics.js';
import { comparedPairs, type Compared, type Known, type Sides } from './compared-pairs.js';
import type { InspectedSet } from './inspected-set.js';
import type { Content } from './inspections.js';

const CONFIDENCE = 0.95;
/** Of a set of one folder. */
const PARTS = 5;

interface NumberRule {
  readonly by: string;
  /** Null where the file does not have it. */
  readonly of: (content: Content, sides: Sides) => number | null;
  readonly more: string;
  readonly less: string;
}

interface NameRule {
  readonly by: string;
  readonly of: (content: Content, sides: Sides) => string | null;
}

const NUMBER_RULES: readonly NumberRule[] = [
  { by: 'bytes', of: ({ bytes }) => bytes, more: 'the file with more bytes', less: 'the file with fewer bytes' },
  { by: 'pixels', of: (_, { width, height }) => width * height, more: 'the photo with more pixels', less: 'the photo with fewer pixels' },
  {
    by: 'bytes-per-pixel',
    of: ({ bytes }, { width, height }) => bytes / (width * height),
    more: 'the file with more bytes for each pixel',
    less: 'the file with fewer bytes for each pixel',
  },
  { by: 'aspect', of: (_, { width, height }) => width / height, more: 'the wider photo', less: 'the narrower photo' },
  { by: 'quality', of: ({ quality }) => quality, more: 'the JPEG of higher quality', less: 'the JPEG of lower quality' },
];

const NAME_RULES: readonly NameRule[] = [
  { by: 'encoder', of: ({ encoder }) => encoder },
  { by: 'format', of: ({ format }) => format },
  { by: 'size', of: (_, { width, height }) => `${width} x ${height}` },
];

/** Every rule on all pairs of the set, whatever their split, best first; none where there are no pairs. */
export function trivialRules(set: InspectedSet): TrivialRule[] {
  const compared = comparedPairs(set);
  const count = compared.pairs.length;
  if (count === 0) return [];
  const independent = independentPairs(compared);
  const row = (by: string, rule: string, right: number): TrivialRule => {
    const { low, high } = wilsonInterval((right / count) * independent, independent, CONFIDENCE);
    return { by, rule: `${rule} is the good one`, accuracy: right / count, low, high, pairs: count };
  };
  const partOf = parts(compared);
  const rules = [
    ...NUMBER_RULES.map(({ by, of, more, less }) => {
      const right = rightByNumber(of, compared);
      return row(by, right >= count - right ? more : less, Math.max(right, count - right));
    }),
    ...NAME_RULES.map(({ by, of }) => {
      const { right, example } = judgedByName(of, compared, partOf);
      return row(by, `the photo whose ${by} is good more often in other folders${example}`, right);
    }),
  ];
  return rules.sort((a, b) => b.accuracy - a.accuracy);
}

/** As many as share no photo: of a folder's pairs no more than it has good, or bad, photos in them. */
function independentPairs({ photos, pairs }: Compared): number {
  const folders = new Map<string, Record<Label, Set<number>>>();
  for (const { good, bad } of pairs) {
    const name = folderOf(photos, good);
    const folder = folders.get(name) ?? { good: new Set(), bad: new Set() };
    folder.good.add(good);
    folder.bad.add(bad);
    folders.set(name, folder);
  }
  let count = 0;
  for (const { good, bad } of folders.values()) count += Math.min(good.size, bad.size);
  return count;
}

const folderOf = (photos: readonly Known[], place: number): string => photos[place]?.photo.folder ?? '';

/** 1 where the good one has more, 0 where it has less, a half where they are equal or one of them has none. */
const decided = (good: number | null, bad: number | null): number =>
  good === null || bad === null || good === bad ? 0.5 : good > bad ? 1 : 0;

function rightByNumber(of: NumberRule['of'], { photos, pairs }: Compared): number {
  const values = photos.map(({ content, sides }) => of(content, sides));
  let right = 0;
  for (const { good, bad } of pairs) right += decided(values[good] ?? null, values[bad] ?? null);
  return right;
}

/**
 * What is learned from photos of other parts is tried on photos of one: folders, or fifths of a set of one folder. By place of the photo;
 * a photo that is in no pair has none.
 */
function parts({ photos, pairs }: Compared): ReadonlyMap<number, number> {
  const folders = new Map<string, number>();
  for (const { good } of pairs) if (!folders.has(folderOf(photos, good))) folders.set(folderOf(photos, good), folders.size);
  const partOf = new Map<number, number>();
  for (const { good, bad } of pairs) {
    for (const place of [good, bad]) {
      if (partOf.has(place)) continue;
      partOf.set(place, folders.size > 1 ? (folders.get(folderOf(photos, place)) ?? 0) : (partOf.size >> 1) % PARTS);
    }
  }
  return partOf;
}

/** How many pairs a rule is right for, and in words which name is on the side of the good ones most. */
function judgedByName(
  of: NameRule['of'],
  { photos, pairs }: Compared,
  partOf: ReadonlyMap<number, number>,
): { readonly right: number; readonly example: string } {
  const names = photos.map(({ content, sides }) => of(content, sides) ?? 'unknown');
  const all = new Counted();
  const byPart = new Map<number, Counted>();
  for (const [place, part] of partOf) {
    const counted = byPart.get(part) ?? new Counted();
    byPart.set(part, counted);
    const label = photos[place]?.photo.label ?? 'bad';
    for (const into of [all, counted]) into.add(names[place] ?? '', label);
  }
  let right = 0;
  for (const { good, bad } of pairs) {
    const [one = '', other = ''] = [names[good], names[bad]];
    const held = new Set([partOf.get(good), partOf.get(bad)].flatMap((part) => byPart.get(part ?? -1) ?? []));
    right += one === other ? 0.5 : decided(all.shareWithout(held, one), all.shareWithout(held, other));
  }
  return { right, example: all.example() };
}

/** How often each name is met, good and bad photos apart. */
class Counted {
  private readonly counts = { good: new Map<string, number>(), bad: new Map<string, number>() };

  add(name: string, label: Label): void {
    this.counts[label].set(name, this.of(name, label) + 1);
  }

  of(name: string, label: Label): number {
    return this.counts[label].get(name) ?? 0;
  }

  /** Share of good ones among the photos of a name that are not in `held`; null where there are none. */
  shareWithout(held: Iterable<Counted>, name: string): number | null {
    let [good, bad] = [this.of(name, 'good'), this.of(name, 'bad')];
    for (const part of held) [good, bad] = [good - part.of(name, 'good'), bad - part.of(name, 'bad')];
    return good + bad === 0 ? null : good / (good + bad);
  }

  /** Empty where no name has more good photos than bad ones. */
  example(): string {
    let [best, lead] = ['', 0];
    for (const [name, good] of this.counts.good) {
      const ahead = good - this.of(name, 'bad');
      if (ahead > lead) [best, lead] = [name, ahead];
    }
    return lead === 0 ? '' : ` ("${best}": ${this.of(best, 'good')} good, ${this.of(best, 'bad')} bad)`;
  }
}
