/** Whether good and bad photos of a folder find each other by name (method §2.1; design §5, "Pairs"). */
import type { Finding } from '../../configs/schema/audit.js';
import type { Label } from '../../configs/schema/photos.js';
import { finding } from './findings.js';
import type { InspectedSet } from './inspected-set.js';
import type { FoundPhoto } from './scan.js';

const OTHER: Readonly<Record<Label, Label>> = { good: 'bad', bad: 'good' };

/** With pairing `cross` names do not matter, so nothing can be wrong with them. */
export function pairFindings(set: InspectedSet): Finding[] {
  if (set.settings.pairs.pairing === 'cross') return [];
  const photos = set.photos.map(({ photo }) => photo);
  const place = ({ folder, stem }: FoundPhoto, label: Label): string => JSON.stringify([folder, label, stem]);
  const first = new Map<string, FoundPhoto>();
  const twice: Finding[] = [];
  for (const photo of photos) {
    const earlier = first.get(place(photo, photo.label));
    if (earlier === undefined) first.set(place(photo, photo.label), photo);
    else twice.push(finding('stem-twice', photo.file, `has the same name as "${earlier.file}" but for its extension`));
  }
  const unpaired = photos
    .filter((photo) => !first.has(place(photo, OTHER[photo.label])))
    .map(({ file, folder, label, stem }) => finding('unpaired', file, `has no partner "${stem}" in "${folder}/${OTHER[label]}"`));
  return [...twice, ...unpaired];
}
