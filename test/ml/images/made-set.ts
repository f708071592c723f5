/** Sets as the audit knows them once each photo was looked at, without files. */
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import type { Label, Split } from '../../../configs/schema/photos.js';
import type { InspectedSet } from '../../../ml/images/inspected-set.js';
import type { Content } from '../../../ml/images/inspections.js';
import { SETTINGS } from './photo-set.js';

export interface MadePhoto extends Partial<Content> {
  readonly folder: string;
  readonly label: Label;
  readonly stem: string;
  readonly split?: Split;
  readonly score?: number;
}

const CONTENT: Content = {
  bytes: 1_000,
  format: 'png',
  sides: { width: 300, height: 300 },
  orientation: 1,
  quality: null,
  encoder: null,
  hashes: null,
  pixels: null,
  faults: [],
};

/** All photos in the training split where they name none. */
export function madeSet(photos: readonly MadePhoto[], settings: DatasetSettings = SETTINGS): InspectedSet {
  const rows = photos.map(({ folder, label, stem, split = 'train', score, ...content }) => {
    const file = `${folder}/${label}/${stem}`;
    const photo = { file, path: `/${file}`, folder, label, stem };
    return { photo, split, score, sha256: file, content: { ...CONTENT, ...content }, findings: [] };
  });
  rows.sort((a, b) => (a.photo.file < b.photo.file ? -1 : 1));
  return {
    settings,
    folders: [...new Set(photos.map(({ folder }) => folder))].sort(),
    photos: rows.map(({ photo, sha256, content, findings }) => ({ photo, sha256, content, findings })),
    splitOf: new Map(rows.map(({ photo, split }) => [photo.file, split])),
    nearDuplicates: [],
    scores: new Map(
      rows.flatMap(({ photo, score }) =>
        score === undefined ? [] : [[photo.file, { mean: score, deviation: null, count: null }] as const],
      ),
    ),
  };
}
