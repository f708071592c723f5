/** Which photo belongs to which split (method §2.3). */
import type { Finding } from '../../configs/schema/audit.js';
import type { Split } from '../../configs/schema/photos.js';
import type { Assignments, StemLists } from '../../configs/schema/splits.js';
import { finding } from './findings.js';
import { composed } from './names.js';
import type { FoundPhoto } from './scan.js';

export const SPLITS: readonly Split[] = ['train', 'val', 'test'];

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
    for (const stem of lists[split].map(composed)) {
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
