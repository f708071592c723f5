/** `scores.csv` of the copy: rows name photos as they are called there, and no row names one that is not. */
import { join } from 'node:path';
import type { FixRecord } from '../../../configs/schema/fix.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { readTextBelow } from '../../files/regular.js';
import { parseCsv } from '../csv.js';
import { composed, nameInScene } from '../names.js';
import { SCORES_FILE } from '../scan.js';
import { MOST_SCORE_BYTES } from '../scores.js';

export interface CopyNames {
  /** Absolute photo roots of the set and of the copy. */
  readonly from: string;
  readonly to: string;
  /** Files of the set as they lie on disk, each with its file in the copy, or null where it is left out. */
  readonly names: ReadonlyMap<string, string | null>;
}

/**
 * Copies each folder's scores, byte for byte where no photo of theirs is renamed or left out. Returns what was changed.
 * @param folders as they lie on disk
 */
export async function copyScores(folders: readonly string[], { from, to, names }: CopyNames): Promise<FixRecord['scores']> {
  const changed: FixRecord['scores'] = [];
  const byFolder = new Map<string, Map<string, Names>>(folders.map((folder) => [folder, new Map()]));
  for (const [photo, copy] of names) byFolder.get(photo.slice(0, photo.indexOf('/')))?.set(nameInScene(photo), [photo, copy]);
  for (const [folder, own] of byFolder) {
    const file = `${folder}/${SCORES_FILE}`;
    const read = await readTextBelow(from, file, MOST_SCORE_BYTES);
    // What cannot be read is a finding of the audit already.
    if ('fault' in read) continue;
    const { text } = read;
    const { lines, renamed, dropped } = rewritten(text, own);
    await writeFileAtomically(join(to, file), renamed + dropped === 0 ? text : lines.map((line) => `${line}\n`).join(''));
    if (renamed + dropped > 0) changed.push({ file, renamed, dropped });
  }
  return changed;
}

/** A photo's file, and that of the copy, or null where it is left out. */
type Names = readonly [file: string, copy: string | null];

/** @param names by what a row calls the photo */
function rewritten(text: string, names: ReadonlyMap<string, Names>) {
  const lines: string[] = [];
  let [renamed, dropped] = [0, 0];
  for (const { fields } of parseCsv(text)) {
    const [name = '', ...numbers] = fields;
    // A header, or a row that the audit finds wrong, stays what it is.
    const [file = '', copy = ''] = names.get(composed(name)) ?? [];
    if (copy === null) {
      dropped += 1;
      continue;
    }
    lines.push([copy === file ? name : nameInScene(copy), ...numbers].map(quoted).join(','));
    if (copy !== file) renamed += 1;
  }
  return { lines, renamed, dropped };
}

/** RFC 4180. */
const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
