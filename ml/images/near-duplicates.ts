/**
 * Which photos of a set show the same picture: scaled or re-encoded, cut, mirrored. Wholes are compared by their hashes alone; a cut is found by
 * a landmark (landmarks.ts) that looks alike in both photos, and confirmed by two more that lie where they then must (agreement.ts). Neither compares
 * all with all (close-pairs.ts). How many are found, and how many wrongly, is in docs/near-duplicates.md.
 */
import { votes } from './agreement.js';
import { closePairs } from './close-pairs.js';
import { Clusters } from './clusters.js';
import { landmarksOf, wholesOf, type LandmarkTable } from './hash-table.js';
import { sameHashes, type SameHashes } from './same-hashes.js';

/** Two photos by their numbers, a before b. */
export interface NearDuplicate {
  readonly a: number;
  readonly b: number;
  /** Bits in which the hashes differ that brought the two together, 0 to 64. */
  readonly distance: number;
  /** `whole`: one is the other, scaled or re-encoded; `region`: they share a part; `mirrored`: one or the other, left and right swapped. */
  readonly kind: 'whole' | 'region' | 'mirrored';
}

/** Bits beyond which landmarks are not searched, whatever the distance: few copies more, many wrong pairs, and time without end. */
const MOST_LANDMARK_BITS = 6;
/** Landmarks that must agree. */
const VOTES = 3;
/** Edges from which on a photo is given only those that its cluster needs, and photos of a cluster from which on they are not searched. */
const MOST_EDGES = 16;
/** Pairs among landmarks with the same hashes, from which on not all of them are looked at. */
const MOST_PAIRS = 1024;

/**
 * All pairs of photos whose whole hashes, or those mirrored, are within `distance` bits, and those that share landmarks within `distance` bits (6 at the most),
 * with exceptions that keep clusters whole and the list short: of photos with the same hash each is paired with the first alone, and that one
 * stands for them; a photo with 16 pairs gets others only where they join two clusters; and where more than 16 wholes hang together, the first
 * 16 are searched for shared landmarks.
 *
 * @param photos as `photoHashes` gives them; null is like no other. @param distance 0 to 64.
 * @returns by a, then b. @throws Problem PHOTO for other texts.
 */
export function nearDuplicates(photos: readonly (string | null)[], distance: number): NearDuplicate[] {
  const edges = new Edges(photos.length);
  const firsts = new Map<string, number>();
  photos.forEach((text, photo) => {
    if (text === null) return;
    const first = firsts.get(text);
    if (first === undefined) firsts.set(text, photo);
    else edges.add({ a: first, b: photo, distance: 0, kind: 'whole' });
  });
  const different = [...firsts].map(([text, photo]) => ({ text, photo }));
  addWholes(different, distance, edges);
  const members = new Map<number, number>();
  const searched = different.filter(({ photo }) => {
    const cluster = edges.clusterOf(photo);
    const earlier = members.get(cluster) ?? 0;
    members.set(cluster, earlier + 1);
    return earlier < MOST_EDGES;
  });
  addRegions(searched, distance, edges);
  return edges.sorted();
}

interface HashedPhoto {
  readonly text: string;
  /** Its number. */
  readonly photo: number;
}

function addWholes(photos: readonly HashedPhoto[], distance: number, edges: Edges): void {
  const same = sameHashes(wholesOf(photos.map(({ text }) => text)));
  const numberOf = (member: number): number => photos[member]?.photo as number;
  const first = (hash: number): number => numberOf(same.members(hash)[0] as number);
  for (let hash = 0; hash < same.hashes.length / 2; hash++) {
    for (const member of same.members(hash).subarray(1)) edges.add({ a: first(hash), b: numberOf(member), distance: 0, kind: 'whole' });
  }
  closePairs(same.hashes, distance, (one, other, bits, mirrored) => {
    const [a, b] = [first(one), first(other)];
    if (edges.wants(a, b)) edges.add({ a, b, distance: bits, kind: mirrored ? 'mirrored' : 'whole' });
  });
}

function addRegions(photos: readonly HashedPhoto[], distance: number, edges: Edges): void {
  const table: LandmarkTable = landmarksOf(photos.map(({ text }) => text));
  const same = sameHashes(table.landmarks);
  const numberOf = (landmark: number): number => photos[table.photos[landmark] as number]?.photo as number;
  const look = (first: number, second: number, bits: number, mirrored: boolean): void =>
    eachPair(same, first, second, (one, other) => {
      const [a, b] = [numberOf(one), numberOf(other)];
      if (a === b || !edges.wants(a, b) || votes(table, one, other, mirrored) < VOTES) return;
      edges.add({ a, b, distance: bits, kind: mirrored ? 'mirrored' : 'region' });
    });
  for (let hash = 0; hash < same.hashes.length / 2; hash++) look(hash, hash, 0, false);
  closePairs(same.hashes, Math.min(distance, MOST_LANDMARK_BITS), look);
}

/** Pairs one landmark with the first hash with one with the second: all, or where they are many each with the first of the others. */
function eachPair(same: SameHashes, first: number, second: number, visit: (one: number, other: number) => void): void {
  const ones = same.members(first);
  const others = same.members(second);
  if (ones.length * others.length <= MOST_PAIRS) {
    ones.forEach((one, at) => {
      for (const other of first === second ? others.subarray(at + 1) : others) visit(one, other);
    });
  } else {
    for (const one of ones) visit(one, others[0] as number);
    if (first !== second) for (const other of others.subarray(1)) visit(ones[0] as number, other);
  }
}

/** Pairs of photos, each once. */
class Edges {
  readonly #edges: NearDuplicate[] = [];
  readonly #keys = new Set<number>();
  readonly #degrees: Uint32Array;
  readonly #clusters: Clusters;

  constructor(private readonly count: number) {
    this.#degrees = new Uint32Array(count);
    this.#clusters = new Clusters(count);
  }

  /** Whether a pair is new, and either has room for it or joins two clusters. */
  wants(a: number, b: number): boolean {
    if (Math.max(this.#degrees[a] as number, this.#degrees[b] as number) < MOST_EDGES) return !this.#keys.has(this.#keyOf(a, b));
    return this.clusterOf(a) !== this.clusterOf(b);
  }

  /** Takes the two in either order. */
  add({ a, b, ...rest }: NearDuplicate): void {
    this.#edges.push({ a: Math.min(a, b), b: Math.max(a, b), ...rest });
    this.#keys.add(this.#keyOf(a, b));
    this.#clusters.join(a, b);
    (this.#degrees[a] as number)++;
    (this.#degrees[b] as number)++;
  }

  /** The first photo of those that one hangs together with. */
  clusterOf(photo: number): number {
    return this.#clusters.find(photo);
  }

  sorted(): NearDuplicate[] {
    return this.#edges.sort((one, other) => one.a - other.a || one.b - other.b);
  }

  #keyOf(a: number, b: number): number {
    return Math.min(a, b) * this.count + Math.max(a, b);
  }
}
