/**
 * What lets a model cheat, as findings: rules that know nothing of beauty and are right all the same, and folders that outweigh the others.
 * That one source has nearly all good photos and few bad ones is the rule `encoder`, and is not told a second time.
 */
import type { Finding, TrivialRule } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { Label } from '../../configs/schema/photos.js';
import { trainingPairs } from './compared-pairs.js';
import { finding } from './findings.js';
import type { InspectedSet } from './inspected-set.js';

/** Of the rules, those that are right more often than the settings allow even at the lower end of their interval. */
export function tellTales(rules: readonly TrivialRule[], { ruleAccuracy }: DatasetSettings['balance']): Finding[] {
  return rules
    .filter(({ low }) => low > ruleAccuracy)
    .map(({ rule, accuracy, low, high, pairs }) => {
      const interval = `95 % interval ${percent(low)} to ${percent(high)}`;
      return finding('tell-tale', '.', `"${rule}" is right for ${percent(accuracy)} of ${pairs} pairs (${interval})`);
    });
}

/** Folders with too many photos of one label, and one with too many of the training pairs. */
export function balanceFindings(set: InspectedSet): Finding[] {
  return [...unevenLabels(set), ...heavyFolders(set)];
}

function unevenLabels({ photos, settings }: InspectedSet): Finding[] {
  const folders = new Map<string, Record<Label, number>>();
  for (const { photo } of photos) {
    const counts = folders.get(photo.folder) ?? { good: 0, bad: 0 };
    counts[photo.label]++;
    folders.set(photo.folder, counts);
  }
  const { labelRatio } = settings.balance;
  return [...folders].flatMap(([folder, { good, bad }]) => {
    // A folder without good or without bad photos is an error of its own.
    if (Math.min(good, bad) === 0 || Math.max(good, bad) <= labelRatio * Math.min(good, bad)) return [];
    return [finding('unbalanced', folder, `has ${good} good and ${bad} bad photos, more than ${labelRatio} to 1`)];
  });
}

/** Of few folders one always has much: so many times its even share it may have, whatever the settings say. */
const EVEN_SHARES = 1.5;

function heavyFolders(set: InspectedSet): Finding[] {
  const { photos, pairs } = trainingPairs(set);
  const counts = new Map<string, number>();
  for (const { good } of pairs) {
    const folder = photos[good]?.photo.folder ?? '';
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  if (counts.size < 2) return [];
  const most = Math.max(set.settings.balance.largestFolder, EVEN_SHARES / counts.size);
  return [...counts].flatMap(([folder, count]) =>
    count <= most * pairs.length
      ? []
      : [finding('unbalanced', folder, `has ${count} of the ${pairs.length} training pairs of an epoch, more than ${percent(most)}`)],
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
