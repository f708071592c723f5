/** Photos that are there twice where they must not be: in two splits, or as good and bad of one folder. */
import type { Finding } from '../../configs/schema/audit.js';
import type { Label, Split } from '../../configs/schema/photos.js';
import { finding } from './findings.js';
import { nearCopies } from './hash.js';
import type { Inspection } from './inspect.js';
import type { InspectedSet } from './inspected-set.js';

/** Findings name each photo once, with one of the others. */
export function copyFindings({ photos, splitOf, settings }: InspectedSet): Finding[] {
  return [...samePhotos(photos, splitOf), ...samePixels(photos), ...similarPhotos(photos, splitOf, settings.photos.nearCopyDistance)];
}

function samePhotos(inspections: readonly Inspection[], splitOf: ReadonlyMap<string, Split>): Finding[] {
  const bySha = new Map<string, Inspection[]>();
  for (const inspection of inspections) {
    // Two files of rubbish are not the same photo; each is told for what it is.
    if (inspection.sha256 !== null && inspection.content?.sides != null)
      bySha.set(inspection.sha256, [...(bySha.get(inspection.sha256) ?? []), inspection]);
  }
  return [...bySha.values()].flatMap((group) =>
    group.flatMap(({ photo }) => {
      const split = splitOf.get(photo.file);
      const opposite = group.find((other) => other.photo.folder === photo.folder && other.photo.label !== photo.label);
      const elsewhere = group.find((other) => isOther(split, splitOf.get(other.photo.file)));
      return [
        ...(opposite === undefined ? [] : [finding('good-equals-bad', photo.file, `has the same bytes as "${opposite.photo.file}"`)]),
        ...(elsewhere === undefined
          ? []
          : [finding('same-photo-in-two-splits', photo.file, inTwo(split, elsewhere, splitOf, 'has the same bytes as'))]),
      ];
    }),
  );
}

/** Good and bad photos of a folder that show the very same and were written in different ways. */
function samePixels(inspections: readonly Inspection[]): Finding[] {
  const place = ({ photo, content }: Inspection, label: Label): string => JSON.stringify([photo.folder, label, content?.pixels]);
  const first = new Map<string, Inspection>();
  for (const inspection of inspections.toReversed()) first.set(place(inspection, inspection.photo.label), inspection);
  return inspections.flatMap((inspection) => {
    const { photo, sha256, content } = inspection;
    const opposite = first.get(place(inspection, photo.label === 'good' ? 'bad' : 'good'));
    // The same bytes are told already.
    if (content?.pixels == null || opposite === undefined || opposite.sha256 === sha256) return [];
    return [finding('good-equals-bad', photo.file, `has the same pixels as "${opposite.photo.file}"`)];
  });
}

function similarPhotos(inspections: readonly Inspection[], splitOf: ReadonlyMap<string, Split>, distance: number): Finding[] {
  const assigned = inspections.filter(({ photo }) => splitOf.has(photo.file));
  const copies = nearCopies(
    assigned.map(({ content, photo }) => ({ hash: content?.hash ?? null, group: splitOf.get(photo.file) ?? '' })),
    distance,
  );
  return [...copies].flatMap(([number, copy]) => {
    const inspection = assigned[number];
    const other = assigned[copy];
    // The same bytes are told already, and as what they are.
    if (inspection === undefined || other === undefined || inspection.sha256 === other.sha256) return [];
    const split = splitOf.get(inspection.photo.file);
    return [finding('near-copy-in-two-splits', inspection.photo.file, inTwo(split, other, splitOf, 'looks like'))];
  });
}

const isOther = (split: Split | undefined, other: Split | undefined): boolean =>
  split !== undefined && other !== undefined && split !== other;

function inTwo(split: Split | undefined, other: Inspection, splitOf: ReadonlyMap<string, Split>, likeness: string): string {
  return `is in ${split} and ${likeness} "${other.photo.file}" in ${splitOf.get(other.photo.file)}`;
}
