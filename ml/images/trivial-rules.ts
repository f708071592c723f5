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
import { comparedPairs, type ComparedPair, type Known, type Sides } from './compared-pairs.js';
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
  const pairs = comparedPairs(set);
  if (pairs.length === 0) return [];
  const independent = independentPairs(pairs);
  const row = (by: string, rule: string, right: number): TrivialRule => {
    const { low, high } = wilsonInterval((right / pairs.length) * independent, independent, CONFIDENCE);
    return { by, rule, accuracy: right / pairs.length, low, high, pairs: pairs.length };
  };
  const rules = [
    ...NUMBER_RULES.map((rule) => {
      const right = rightByNumber(rule, pairs);
      const more = right >= pairs.length - right;
      return row(rule.by, `${more ? rule.more : rule.less} is the good one`, Math.max(right, pairs.length - right));
    }),
    ...NAME_RULES.map((rule) => {
      const { right, example } = judgedByName(rule, pairs);
      return row(rule.by, `the photo whose ${rule.by} is good more often in other folders${example} is the good one`, right);
    }),
  ];
  return rules.sort((a, b) => b.accuracy - a.accuracy);
}

/** As many as share no photo: of a folder's pairs no more than it has good, or bad, photos in them. */
function independentPairs(pairs: readonly ComparedPair[]): number {
  const folders = new Map<string, { readonly good: Set<Known>; readonly bad: Set<Known> }>();
  for (const { good, bad } of pairs) {
    const folder = folders.get(good.photo.folder) ?? { good: new Set(), bad: new Set() };
    folder.good.add(good);
    folder.bad.add(bad);
    folders.set(good.photo.folder, folder);
  }
  let count = 0;
  for (const { good, bad } of folders.values()) count += Math.min(good.size, bad.size);
  return count;
}

/** 1 where the good one has more, 0 where it has less, a half where they are equal or one of them has none. */
const decided = (good: number | null, bad: number | null): number =>
  good === null || bad === null || good === bad ? 0.5 : good > bad ? 1 : 0;

function rightByNumber(rule: NumberRule, pairs: readonly ComparedPair[]): number {
  return sumOf(pairs, ({ good, bad }) => decided(rule.of(good.content, good.sides), rule.of(bad.content, bad.sides)));
}

/** How many pairs it is right for, and which name is on the side of the good ones most. */
function judgedByName(rule: NameRule, pairs: readonly ComparedPair[]): { readonly right: number; readonly example: string } {
  const nameOf = ({ content, sides }: Known): string => rule.of(content, sides) ?? 'unknown';
  const partOf = parts(pairs);
  const tally = tallied(pairs, nameOf, partOf);
  const right = sumOf(pairs, ({ good, bad }) => {
    const [one, other] = [nameOf(good), nameOf(bad)];
    const held = [partOf(good), partOf(bad)] as const;
    return one === other ? 0.5 : decided(tally.shareElsewhere(one, ...held), tally.shareElsewhere(other, ...held));
  });
  return { right, example: tally.example };
}

/** What is learned from photos of other parts is tried on photos of one: folders, or fifths of a set of one folder. */
function parts(pairs: readonly ComparedPair[]): (known: Known) => number {
  const folders = new Map<string, number>();
  for (const { good } of pairs) if (!folders.has(good.photo.folder)) folders.set(good.photo.folder, folders.size);
  if (folders.size > 1) return ({ photo }) => folders.get(photo.folder) ?? 0;
  const places = new Map<Known, number>();
  for (const { good, bad } of pairs) for (const known of [good, bad]) if (!places.has(known)) places.set(known, places.size);
  return (known) => Math.floor((places.get(known) ?? 0) / 2) % PARTS;
}

interface Tally {
  /** Share of good ones among the photos of this name outside of two parts; null where there are none. */
  readonly shareElsewhere: (name: string, part: number, other: number) => number | null;
  /** In words; empty where no name has more good photos than bad ones. */
  readonly example: string;
}

/** Each photo of the pairs is counted once. */
function tallied(pairs: readonly ComparedPair[], nameOf: (known: Known) => string, partOf: (known: Known) => number): Tally {
  const all = new Counted();
  const byPart = new Map<number, Counted>();
  const seen = new Set<Known>();
  for (const known of pairs.flatMap(({ good, bad }) => [good, bad])) {
    if (seen.has(known)) continue;
    seen.add(known);
    const part = byPart.get(partOf(known)) ?? new Counted();
    byPart.set(partOf(known), part);
    for (const counted of [all, part]) counted.add(nameOf(known), known.photo.label);
  }
  return {
    example: all.example(),
    shareElsewhere: (name, part, other) => {
      const without = (label: Label): number => {
        const [here, there] = [byPart.get(part), part === other ? undefined : byPart.get(other)];
        return all.of(name, label) - (here?.of(name, label) ?? 0) - (there?.of(name, label) ?? 0);
      };
      const [good, bad] = [without('good'), without('bad')];
      return good + bad === 0 ? null : good / (good + bad);
    },
  };
}

class Counted {
  private readonly counts = { good: new Map<string, number>(), bad: new Map<string, number>() };

  add(name: string, label: Label): void {
    this.counts[label].set(name, this.of(name, label) + 1);
  }

  of(name: string, label: Label): number {
    return this.counts[label].get(name) ?? 0;
  }

  example(): string {
    let [best, lead] = ['', 0];
    for (const [name, good] of this.counts.good) {
      const ahead = good - this.of(name, 'bad');
      if (ahead > lead) [best, lead] = [name, ahead];
    }
    return lead === 0 ? '' : ` ("${best}": ${this.of(best, 'good')} good, ${this.of(best, 'bad')} bad)`;
  }
}

function sumOf(pairs: readonly ComparedPair[], value: (pair: ComparedPair) => number): number {
  let sum = 0;
  for (const pair of pairs) sum += value(pair);
  return sum;
}
