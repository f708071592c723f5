/**
 * A split for each folder where nobody has decided yet (method §2.3).
 *
 * Folders that share photos go into one split, so groups of folders are dealt, not folders. What has to come out right is each split's share
 * of the pairs, and that each split gets large folders and small ones: a test of small folders only measures something else than training
 * saw. So groups are laid in bands by size, each group less than twice as large as another of its band, and the bands are dealt from the
 * largest to the smallest. In each, in the order of the seed, a group goes to test as long as test lacks at least half of it to its share of
 * all pairs up to this band, else likewise to val, else to train. What a band could not give is made up by the next, so that in the end a share
 * is missed by about half of a small folder. Where all folders are of one size this is the plain shuffle with rounded shares.
 */
import { Problem } from '../../configs/problem.js';
import type { Split } from '../../configs/schema/photos.js';
import type { Assignments } from '../../configs/schema/splits.js';
import { Draws } from '../random/philox.js';
import { Groups } from './groups.js';
import { SPLITS } from './splits.js';

/** Shares of the pairs, which add up to 1, and the seed that decides which folders. */
export interface Shares {
  readonly seed: number;
  readonly train: number;
  readonly val: number;
  readonly test: number;
}

export interface FolderSize {
  readonly folder: string;
  /** Of an epoch. */
  readonly pairs: number;
}

export interface Decided {
  /** What is said of folders already; it stays. Folders that are gone are left out. */
  readonly kept?: Assignments;
  /** Folders that must stand in one split; a folder may be named in several of the lists, which then are one. */
  readonly together?: readonly (readonly string[])[];
}

interface Group {
  readonly folders: readonly string[];
  readonly pairs: number;
}

/** Fewer cannot fill three splits. */
const FEWEST = 3;

/**
 * A split for each folder, and at least one folder for each split where nothing is kept. Folders that share photos with one that is kept go
 * where that is.
 * @throws Problem DATASET for fewer than three groups of folders, CONFIGURATION for shares that do not add up to 1.
 */
export function proposeSplits(sizes: readonly FolderSize[], shares: Shares, { kept = {}, together = [] }: Decided = {}): Assignments {
  checkShares(shares);
  const groups = groupsOf(sizes, together);
  const said = sizes.flatMap(({ folder }) => (Object.hasOwn(kept, folder) ? (kept[folder] ?? []) : []));
  const fewest = said.length === 0 ? groups.length : said.some((entry) => typeof entry === 'object') ? FEWEST : sizes.length;
  if (fewest < FEWEST) throw tooFew(groups, sizes.length);
  const hands = new Hands(sizes);
  const free = groups.flatMap((group) => keepDecided(group, kept, hands));
  const shuffled = new Draws('splits', { seed: shares.seed, epoch: 0, index: 0 }).shuffled(free);
  for (const band of bandsOf(shuffled)) hands.deal(band, shares);
  hands.fillEmpty(shuffled, shares);
  return hands.assignments();
}

/** Groups that hold more pairs than the largest share: wherever one is put, the shares cannot be met. */
export function oversizedGroups(
  sizes: readonly FolderSize[],
  shares: Shares,
  together: Decided['together'] = [],
): (Group & { share: number })[] {
  const total = sizes.reduce((sum, { pairs }) => sum + pairs, 0);
  const largest = Math.max(...SPLITS.map((split) => shares[split]));
  return groupsOf(sizes, together).flatMap((group) => (group.pairs > largest * total ? [{ ...group, share: group.pairs / total }] : []));
}

function groupsOf(sizes: readonly FolderSize[], together: readonly (readonly string[])[]): Group[] {
  const pairs = new Map(sizes.map((size) => [size.folder, size.pairs]));
  const groups = new Groups([...pairs.keys()].sort());
  for (const [first, ...others] of together) for (const other of others) groups.join(first ?? other, other);
  return groups.all().map((folders) => ({ folders, pairs: folders.reduce((sum, folder) => sum + (pairs.get(folder) ?? 0), 0) }));
}

/** Gives out what is decided of a group, and returns what is not. */
function keepDecided({ folders }: Group, kept: Assignments, hands: Hands): Group[] {
  const open: string[] = [];
  let split: Split | null = null;
  for (const folder of folders) {
    const entry = Object.hasOwn(kept, folder) ? kept[folder] : undefined;
    if (entry === undefined) open.push(folder);
    else hands.give(folder, entry);
    if (typeof entry === 'string') split ??= entry;
  }
  if (split === null) return open.length === 0 ? [] : [{ folders: open, pairs: hands.pairsOf(open) }];
  for (const folder of open) hands.give(folder, split);
  return [];
}

/** From the largest to the smallest, each in the order given; groups without pairs are with those of one. */
function bandsOf(groups: readonly Group[]): Group[][] {
  const bands = new Map<number, Group[]>();
  for (const group of groups) {
    const size = Math.floor(Math.log2(Math.max(1, group.pairs)));
    const band = bands.get(size);
    if (band === undefined) bands.set(size, [group]);
    else band.push(group);
  }
  return [...bands].sort(([a], [b]) => b - a).map(([, band]) => band);
}

/** Who has what, while it is dealt. */
class Hands {
  readonly #pairs: ReadonlyMap<string, number>;
  readonly #given = new Map<string, Assignments[string]>();
  readonly #taken: Record<Split, number> = { train: 0, val: 0, test: 0 };

  constructor(sizes: readonly FolderSize[]) {
    // A folder without pairs counts as one, or any number of them would go to one split.
    this.#pairs = new Map(sizes.map(({ folder, pairs }) => [folder, Math.max(1, pairs)]));
  }

  pairsOf(folders: readonly string[]): number {
    return folders.reduce((sum, folder) => sum + (this.#pairs.get(folder) ?? 0), 0);
  }

  /** Photos of one folder in several splits count by the number of their names. */
  give(folder: string, entry: Assignments[string]): void {
    const pairs = this.pairsOf([folder]);
    const names = typeof entry === 'string' ? 0 : SPLITS.reduce((sum, split) => sum + entry[split].length, 0);
    for (const split of SPLITS) {
      if (typeof entry === 'string') this.#taken[split] += entry === split ? pairs : 0;
      else if (names > 0) this.#taken[split] += (pairs * entry[split].length) / names;
    }
    this.#given.set(folder, entry);
  }

  deal(band: readonly Group[], shares: Shares): void {
    const reach =
      SPLITS.reduce((sum, split) => sum + this.#taken[split], 0) + band.reduce((sum, { folders }) => sum + this.pairsOf(folders), 0);
    for (const { folders } of band) {
      const half = this.pairsOf(folders) / 2;
      // Shares like 0.1 are not exact in binary: a hair of a pair decides nothing.
      const split = (['test', 'val'] as const).find((wanting) => this.#taken[wanting] + half <= shares[wanting] * reach + 1e-6) ?? 'train';
      for (const folder of folders) this.give(folder, split);
    }
  }

  /** A split that got nothing takes the group nearest to its share from a split that has another. */
  fillEmpty(dealt: readonly Group[], shares: Shares): void {
    const total = this.pairsOf([...this.#pairs.keys()]);
    for (const split of ['test', 'val', 'train'] as const) {
      if (this.#uses(split) > 0) continue;
      const miss = ({ folders }: Group): number => Math.abs(this.pairsOf(folders) - shares[split] * total);
      const spare = dealt.filter((group) => this.#hasOthers(group)).toSorted((a, b) => miss(a) - miss(b));
      for (const folder of spare[0]?.folders ?? []) this.#given.set(folder, split);
    }
  }

  assignments(): Assignments {
    return Object.fromEntries([...this.#pairs.keys()].sort().map((folder) => [folder, this.#given.get(folder) ?? 'train']));
  }

  /** Folders with photos in a split. */
  #uses(split: Split): number {
    return [...this.#given.values()].filter((entry) => entry === split || (typeof entry === 'object' && entry[split].length > 0)).length;
  }

  #hasOthers({ folders }: Group): boolean {
    const split = this.#given.get(folders[0] ?? '');
    return typeof split === 'string' && this.#uses(split) > folders.length;
  }
}

function tooFew(groups: readonly Group[], folders: number): Problem {
  if (folders < FEWEST) {
    return new Problem({
      code: 'DATASET',
      message: `splits by folder need at least ${FEWEST} folders, this set has ${folders}`,
      cure: 'add folders, or list stems by split for each folder in the splits file',
    });
  }
  const words = groups.map((group) => group.folders.map((folder) => `"${folder}"`).join(' + '));
  return new Problem({
    code: 'DATASET',
    message: `folders that share photos must stand in one split, which leaves ${groups.length} of ${folders} for three splits: ${short(words.join('; '))}`,
    cure: 'remove the photos that stand in two folders (emo-aen audit names them), or list stems by split for each folder in the splits file',
  });
}

const SHOWN = 300;
const short = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

function checkShares({ train, val, test }: Shares): void {
  if (Math.abs(train + val + test - 1) < 1e-6) return;
  throw new Problem({
    code: 'CONFIGURATION',
    message: `the shares of train, val and test add up to ${train + val + test} instead of 1`,
    where: 'splits of dataset.yaml',
    cure: 'change splits.train, splits.val or splits.test',
  });
}
