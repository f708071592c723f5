/** Whether good and bad photos of a folder find each other, and are fit to be compared (method §2.1; design §5, "Pairs"). */
import type { Finding } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { Label } from '../../configs/schema/photos.js';
import { finding } from './findings.js';
import { composed, formOf } from './names.js';
import { NearNames } from './near-names.js';
import type { Inspection } from './inspect.js';
import type { InspectedSet } from './inspected-set.js';
import type { FoundPhoto } from './scan.js';

export const OTHER: Readonly<Record<Label, Label>> = { good: 'bad', bad: 'good' };

/** With pairing `cross` names do not matter, so only the scores of a folder as a whole can be wrong. */
export function pairFindings(set: InspectedSet): Finding[] {
  if (set.settings.pairs.pairing === 'cross') return swappedFolders(set);
  const place = ({ folder, stem }: FoundPhoto, label: Label): string => JSON.stringify([folder, label, stem]);
  const first = new Map<string, Inspection>();
  const twice: Finding[] = [];
  for (const inspection of set.photos) {
    const { photo } = inspection;
    const earlier = first.get(place(photo, photo.label));
    if (earlier === undefined) first.set(place(photo, photo.label), inspection);
    else twice.push(finding('stem-twice', photo.file, likeness(photo.file, earlier.photo.file)));
  }
  const alone = set.photos.map(({ photo }) => photo).filter((photo) => !first.has(place(photo, OTHER[photo.label])));
  const near = new NearNames(alone);
  const unpaired = alone.map((photo) => {
    const { file, folder, label, stem } = photo;
    const other = near.to(photo);
    const there = other === null ? '' : `; is "${other}" meant?`;
    return finding('unpaired', file, `has no partner "${stem}" in "${folder}/${OTHER[label]}"${there}`);
  });
  const pairs = [...first.values()].flatMap((good) => {
    const bad = good.photo.label === 'good' ? first.get(place(good.photo, 'bad')) : undefined;
    return bad === undefined ? [] : [...unlikeSides(good, bad, set.settings.pairs), ...swappedPair(good, bad, set)];
  });
  return [...twice, ...unpaired, ...pairs];
}

/** Of two photos with one stem on one side of a scene. */
function likeness(file: string, earlier: string): string {
  if (composed(file) !== composed(earlier)) return `has the same name as "${earlier}" but for its extension`;
  return `is ${formOf(file)}, and another photo of the same name is ${formOf(earlier)}`;
}

/** Sides of a pair may differ by this share of themselves: a pixel or two that a program cut off. */
const SIZE_TOLERANCE = 0.05;

function unlikeSides(good: Inspection, bad: Inspection, { aspectTolerance }: DatasetSettings['pairs']): Finding[] {
  const [a, b] = [good, bad].map(usableSides);
  if (a == null || b == null) return [];
  const sides = `is ${a.width} x ${a.height} and its partner "${bad.photo.file}" ${b.width} x ${b.height}`;
  if (apart(a.width / a.height, b.width / b.height) > aspectTolerance)
    return [finding('different-aspect', good.photo.file, `${sides}: another ratio of width to height`)];
  if (apart(Math.sqrt(a.width * a.height), Math.sqrt(b.width * b.height)) > SIZE_TOLERANCE)
    return [finding('different-size', good.photo.file, `${sides}: another size`)];
  return [];
}

/** Null for a photo that has to be replaced anyway. */
function usableSides({ content, findings }: Inspection): { readonly width: number; readonly height: number } | null {
  return findings.some(({ severity }) => severity === 'error') ? null : (content?.sides ?? null);
}

/** By which share the larger of two numbers above 0 is larger. */
const apart = (a: number, b: number): number => Math.max(a, b) / Math.min(a, b) - 1;

function swappedPair(good: Inspection, bad: Inspection, { scores, settings }: InspectedSet): Finding[] {
  const [a, b] = [scores.get(good.photo.file)?.mean, scores.get(bad.photo.file)?.mean];
  if (a === undefined || b === undefined || b - a <= settings.scores.swapMargin) return [];
  return [finding('looks-swapped', good.photo.file, `has a mean score of ${a}, its bad partner "${bad.photo.file}" one of ${b}`)];
}

function swappedFolders({ photos, scores, settings }: InspectedSet): Finding[] {
  const means = new Map<string, Record<Label, number[]>>();
  for (const { photo } of photos) {
    const opinion = scores.get(photo.file);
    const folder = means.get(photo.folder) ?? { good: [], bad: [] };
    if (opinion !== undefined) folder[photo.label].push(opinion.mean);
    means.set(photo.folder, folder);
  }
  return [...means].flatMap(([folder, { good, bad }]) => {
    if (good.length === 0 || bad.length === 0) return [];
    const [a, b] = [meanOf(good), meanOf(bad)];
    const words = `its good photos have a mean score of ${a.toFixed(2)}, its bad ones of ${b.toFixed(2)}`;
    return b - a > settings.scores.swapMargin ? [finding('looks-swapped', folder, words)] : [];
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
