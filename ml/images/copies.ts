/** Photos that are there twice where they must not be: in two splits, in two folders, as good and bad of one folder, or twice on one side. */
import type { Finding } from '../../configs/schema/audit.js';
import type { Split } from '../../configs/schema/photos.js';
import { clusters } from './clusters.js';
import { finding, type FindingCode } from './findings.js';
import type { Inspection } from './inspect.js';
import type { InspectedSet } from './inspected-set.js';
import { nearDuplicates, type NearDuplicate } from './near-duplicates.js';
import { SPLITS } from './splits.js';

/** Every pair of a set's photos that show the same picture, by their numbers. */
export function nearDuplicatesOf(photos: readonly Inspection[], distance: number): NearDuplicate[] {
  return nearDuplicates(
    photos.map(({ content }) => content?.hashes ?? null),
    distance,
  );
}

/** Findings name each photo once for each kind, with one of the others. */
export function copyFindings(set: InspectedSet): Finding[] {
  return [...sameBytes(set), ...samePixels(set), ...similar(set)];
}

/** Clusters of near-duplicates that reach beyond one photo and its own good or bad side: the pairs of a folder often look alike, as they should. */
export function duplicateClusters({ photos, nearDuplicates: edges }: InspectedSet): string[][] {
  const members = clusters(edges, photos.length).map((numbers) => numbers.flatMap((number) => photos[number]?.photo ?? []));
  return members
    .filter(
      (cluster) => new Set(cluster.map(({ folder, label }) => JSON.stringify([folder, label]))).size < cluster.length || isSpread(cluster),
    )
    .map((cluster) => cluster.map(({ file }) => file))
    .sort((a, b) => b.length - a.length);
}

const isSpread = (cluster: readonly { readonly folder: string }[]): boolean => new Set(cluster.map(({ folder }) => folder)).size > 1;

/** Photos that are alike: for each of them, one of the others that is not where it is. */
class Alike {
  private readonly members: Inspection[] = [];
  private readonly firsts = new Map<string, Inspection>();
  /** The first in another folder than the very first. */
  private elsewhere: Inspection | undefined;

  constructor(private readonly splitOf: ReadonlyMap<string, Split>) {}

  add(inspection: Inspection): void {
    this.members.push(inspection);
    if (inspection.photo.folder !== this.members[0]?.photo.folder) this.elsewhere ??= inspection;
    for (const place of this.placesOf(inspection)) if (!this.firsts.has(place)) this.firsts.set(place, inspection);
  }

  get count(): number {
    return this.members.length;
  }

  get all(): readonly Inspection[] {
    return this.members;
  }

  inAnotherSplit(than: Inspection): Inspection | undefined {
    const own = this.splitOf.get(than.photo.file);
    if (own === undefined) return undefined;
    const others = SPLITS.filter((split) => split !== own).map((split) => this.firsts.get(JSON.stringify(['split', split])));
    return others.find((other) => other !== undefined);
  }

  inAnotherFolder({ photo }: Inspection): Inspection | undefined {
    const [first] = this.members;
    return first?.photo.folder === photo.folder ? this.elsewhere : first;
  }

  onTheOtherSide({ photo: { folder, label } }: Inspection): Inspection | undefined {
    return this.firsts.get(JSON.stringify(['side', folder, label === 'good' ? 'bad' : 'good']));
  }

  /** The first on the photo's own side, where that is another. */
  beside(inspection: Inspection): Inspection | undefined {
    const first = this.firsts.get(JSON.stringify(['side', inspection.photo.folder, inspection.photo.label]));
    return first === inspection ? undefined : first;
  }

  private placesOf({ photo: { file, folder, label } }: Inspection): string[] {
    const split = this.splitOf.get(file);
    return [JSON.stringify(['side', folder, label]), ...(split === undefined ? [] : [JSON.stringify(['split', split])])];
  }
}

function groupsBy({ photos, splitOf }: InspectedSet, keyOf: (inspection: Inspection) => string | null): Alike[] {
  const groups = new Map<string, Alike>();
  for (const inspection of photos) {
    const key = keyOf(inspection);
    if (key === null) continue;
    const group = groups.get(key) ?? new Alike(splitOf);
    group.add(inspection);
    groups.set(key, group);
  }
  return [...groups.values()].filter(({ count }) => count > 1);
}

function sameBytes(set: InspectedSet): Finding[] {
  const { splitOf } = set;
  // Two files of rubbish are not the same photo; each is told for what it is.
  const groups = groupsBy(set, ({ sha256, content }) => (content?.sides == null ? null : sha256));
  return groups.flatMap((group) =>
    group.all.flatMap((inspection) => {
      const found = (code: FindingCode, other: Inspection | undefined, message: (name: string) => string): Finding[] =>
        other === undefined ? [] : [finding(code, inspection.photo.file, message(`"${other.photo.file}"`))];
      const split = splitOf.get(inspection.photo.file);
      const elsewhere = group.inAnotherSplit(inspection);
      const opposite = group.onTheOtherSide(inspection);
      const same = (name: string): string => `has the same bytes as ${name}`;
      return [
        ...found('good-equals-bad', opposite, same),
        ...found('same-photo-in-two-splits', elsewhere, (name) => inTwo(split, same(name), elsewhere, splitOf)),
        ...found('same-photo-twice', opposite === undefined && elsewhere === undefined ? twin(group, inspection) : undefined, same),
      ];
    }),
  );
}

function twin(group: Alike, inspection: Inspection): Inspection | undefined {
  return group.inAnotherFolder(inspection) ?? group.beside(inspection);
}

/** Good and bad photos of a folder that show the very same and were written in different ways. */
function samePixels(set: InspectedSet): Finding[] {
  return groupsBy(set, ({ content }) => content?.pixels ?? null).flatMap((group) =>
    group.all.flatMap((inspection) => {
      const opposite = group.onTheOtherSide(inspection);
      // The same bytes are told already.
      if (opposite === undefined || opposite.sha256 === inspection.sha256) return [];
      return [finding('good-equals-bad', inspection.photo.file, `has the same pixels as "${opposite.photo.file}"`)];
    }),
  );
}

/** How likenesses are told, the worst first. */
const LIKENESSES: readonly (readonly [kind: NearDuplicate['kind'], words: string, inTwoSplits: FindingCode])[] = [
  ['whole', 'looks like', 'near-copy-in-two-splits'],
  ['mirrored', 'looks like the mirror image of', 'near-copy-in-two-splits'],
  ['region', 'shows a part of the same picture as', 'shared-part-in-two-splits'],
];

function similar({ photos, splitOf, nearDuplicates: edges }: InspectedSet): Finding[] {
  const others = new Map<Inspection, { readonly other: Inspection; readonly kind: NearDuplicate['kind'] }[]>();
  const link = (one: Inspection, other: Inspection, kind: NearDuplicate['kind']): void => {
    const known = others.get(one);
    if (known === undefined) others.set(one, [{ other, kind }]);
    else known.push({ other, kind });
  };
  for (const { a, b, kind } of withTwins(edges)) {
    const [one, other] = [photos[a], photos[b]];
    // The same bytes are told already, and as what they are.
    if (one === undefined || other === undefined || one.sha256 === other.sha256) continue;
    link(one, other, kind);
    link(other, one, kind);
  }
  return photos.flatMap((inspection) => {
    const found = others.get(inspection) ?? [];
    const split = splitOf.get(inspection.photo.file);
    for (const [kind, words, inTwoSplits] of LIKENESSES) {
      const elsewhere = found.find((like) => like.kind === kind && isOther(split, splitOf.get(like.other.photo.file)))?.other;
      if (elsewhere !== undefined)
        return [finding(inTwoSplits, inspection.photo.file, inTwo(split, `${words} "${elsewhere.photo.file}"`, elsewhere, splitOf))];
    }
    for (const [kind, words] of LIKENESSES) {
      const elsewhere = found.find((like) => like.kind === kind && like.other.photo.folder !== inspection.photo.folder)?.other;
      if (elsewhere !== undefined)
        return [finding('near-copy-in-two-folders', inspection.photo.file, `${words} "${elsewhere.photo.file}"`)];
    }
    return [];
  });
}

/** Each of the photos with the same hash is paired with the first alone: gives those among them to each other by way of it, one step far. */
function withTwins(edges: readonly NearDuplicate[]): NearDuplicate[] {
  const first = new Map<number, number>();
  for (const { a, b, distance, kind } of edges) if (distance === 0 && kind === 'whole' && !first.has(b)) first.set(b, a);
  const likeFirst = new Map<number, NearDuplicate[]>();
  for (const edge of edges)
    for (const end of [edge.a, edge.b]) {
      const known = likeFirst.get(end);
      if (known === undefined) likeFirst.set(end, [edge]);
      else known.push(edge);
    }
  const more = [...first].flatMap(([twinNumber, head]) =>
    (likeFirst.get(head) ?? []).slice(0, MOST_TWINS).flatMap(({ a, b, ...rest }) => {
      const other = a === head ? b : a;
      return other === twinNumber ? [] : [{ a: twinNumber, b: other, ...rest }];
    }),
  );
  return [...edges, ...more];
}

/** Of photos with one hash there may be ten thousand. */
const MOST_TWINS = 16;

const isOther = (split: Split | undefined, other: Split | undefined): boolean =>
  split !== undefined && other !== undefined && split !== other;

function inTwo(split: Split | undefined, likeness: string, other: Inspection | undefined, splitOf: ReadonlyMap<string, Split>): string {
  return `is in ${split} and ${likeness} in ${splitOf.get(other?.photo.file ?? '')}`;
}
