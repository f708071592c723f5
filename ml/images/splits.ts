/** Which photo belongs to which split, and a proposal where nobody has decided yet (method §2.3). */
import { Problem } from '../../configs/problem.js';
import type { Finding } from '../../configs/schema/audit.js';
import type { Split } from '../../configs/schema/photos.js';
import type { Assignments, StemLists } from '../../configs/schema/splits.js';
import { Draws } from '../random/philox.js';
import { finding } from './findings.js';
import type { FoundPhoto } from './scan.js';

export const SPLITS: readonly Split[] = ['train', 'val', 'test'];

/** Shares of the folders, which add up to 1, and the seed that decides which folders. */
export interface Shares {
  readonly seed: number;
  readonly train: number;
  readonly val: number;
  readonly test: number;
}

export interface Assigned {
  /** By photo file. A photo without a split is missing here, and a finding names it. */
  readonly splitOf: ReadonlyMap<string, Split>;
  readonly findings: readonly Finding[];
}

/** Holds the assignments against the photos that are there: complete, disjoint, and of nothing that is not there. */
export function assignSplits(assignments: Assignments, photos: readonly FoundPhoto[], splitsFile: string): Assigned {
  const splitOf = new Map<string, Split>();
  const findings: Finding[] = [];
  const folders = new Map<string, FoundPhoto[]>();
  for (const photo of photos) folders.set(photo.folder, [...(folders.get(photo.folder) ?? []), photo]);
  for (const folder of Object.keys(assignments)) {
    if (!folders.has(folder)) findings.push(finding('split-of-nothing', splitsFile, `names the folder "${folder}", which holds no photos`));
  }
  for (const [folder, members] of folders) {
    const entry = Object.hasOwn(assignments, folder) ? assignments[folder] : undefined;
    if (entry === undefined) findings.push(finding('without-split', folder, `has no split in ${splitsFile}`));
    else if (typeof entry === 'string') for (const { file } of members) splitOf.set(file, entry);
    else assignStems(folder, entry, members, splitsFile, splitOf, findings);
  }
  const used = new Set(splitOf.values());
  for (const split of SPLITS)
    if (!used.has(split)) findings.push(finding('split-empty', splitsFile, `leaves the split ${split} without photos`));
  return { splitOf, findings };
}

function assignStems(
  folder: string,
  lists: StemLists,
  members: readonly FoundPhoto[],
  splitsFile: string,
  splitOf: Map<string, Split>,
  findings: Finding[],
): void {
  const stems = new Set(members.map(({ stem }) => stem));
  const listed = new Map<string, Split>();
  for (const split of SPLITS) {
    for (const stem of lists[split].map((name) => name.normalize('NFC'))) {
      const earlier = listed.get(stem);
      if (earlier !== undefined)
        findings.push(finding('in-two-splits', splitsFile, `puts "${stem}" of "${folder}" into ${earlier} and ${split}`));
      else if (!stems.has(stem))
        findings.push(finding('split-of-nothing', splitsFile, `names "${stem}" of "${folder}", which is not there`));
      else listed.set(stem, split);
    }
  }
  for (const { file, stem } of members) {
    const split = listed.get(stem);
    if (split === undefined) findings.push(finding('without-split', file, `stands in no list of "${folder}" in ${splitsFile}`));
    else splitOf.set(file, split);
  }
}

/** Fewer cannot fill three splits. */
const FEWEST_FOLDERS = 3;

/**
 * A split for each folder: shuffled by seed, then the shares are filled, each split with at least one folder. What `kept` says
 * about a folder stays; folders of `kept` that are gone are left out.
 * @throws Problem DATASET for fewer than three folders, CONFIGURATION for shares that do not add up to 1.
 */
export function proposeSplits(folders: readonly string[], shares: Shares, kept: Assignments = {}): Assignments {
  checkShares(shares);
  if (folders.length < FEWEST_FOLDERS) {
    throw new Problem({
      code: 'DATASET',
      message: `splits by folder need at least ${FEWEST_FOLDERS} folders, this set has ${folders.length}`,
      cure: 'add folders, or list stems by split for each folder in the splits file',
    });
  }
  const sorted = [...folders].sort();
  const known = new Map(sorted.flatMap((folder) => (Object.hasOwn(kept, folder) ? [[folder, kept[folder] ?? 'train'] as const] : [])));
  const wanted = (split: Split): number => {
    const already = [...known.values()].filter((entry) => entry === split || (typeof entry === 'object' && entry[split].length > 0)).length;
    return Math.max(0, Math.max(1, Math.round(sorted.length * shares[split])) - already);
  };
  const fresh = new Draws('splits', { seed: shares.seed, epoch: 0, index: 0 }).shuffled(sorted.filter((folder) => !known.has(folder)));
  const test = wanted('test');
  const val = wanted('val');
  fresh.forEach((folder, place) => known.set(folder, place < test ? 'test' : place < test + val ? 'val' : 'train'));
  return Object.fromEntries(sorted.map((folder) => [folder, known.get(folder) ?? 'train']));
}

function checkShares({ train, val, test }: Shares): void {
  if (Math.abs(train + val + test - 1) < 1e-6) return;
  throw new Problem({
    code: 'CONFIGURATION',
    message: `the shares of train, val and test add up to ${train + val + test} instead of 1`,
    where: 'splits of dataset.yaml',
    cure: 'change splits.train, splits.val or splits.test',
  });
}
