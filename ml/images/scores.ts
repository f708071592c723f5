/** `scores.csv` of a folder: file, mean opinion score[, deviation, count] (design §5, "Scores of people"). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import type { Finding } from '../../configs/schema/audit.js';
import { finding } from './findings.js';
import { SCORES_FILE, type FoundPhoto } from './scan.js';

export interface Scores {
  /** Mean opinion score by photo file, relative to the photo root. */
  readonly byFile: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

/** @param root absolute photo root. Folders without the file have no scores. */
export async function readScores(root: string, folders: readonly string[], photos: readonly FoundPhoto[]): Promise<Scores> {
  const byFile = new Map<string, number>();
  const findings: Finding[] = [];
  const files = new Set(photos.map(({ file }) => file));
  for (const folder of folders) {
    const csv = `${folder}/${SCORES_FILE}`;
    const text = await readFile(join(root, csv), 'utf8').catch((error: unknown) => {
      if (isAbout(error, 'ENOENT')) return null;
      if (!isAbout(error, 'EACCES', 'EISDIR')) throw error;
      findings.push(finding('unreadable', csv, `cannot be read (${error.code})`));
      return null;
    });
    if (text === null) continue;
    for (const row of parseCsv(text)) {
      const fault = takeRow(row, folder, files, byFile);
      if (fault !== null) findings.push(finding('bad-scores', csv, `line ${row.line}: ${fault}`));
    }
  }
  return { byFile, findings };
}

interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Stores a row's score, or says what is wrong with it. */
function takeRow({ line, fields }: Row, folder: string, files: ReadonlySet<string>, byFile: Map<string, number>): string | null {
  const [name = '', ...numbers] = fields.map((field) => field.trim());
  if (fields.length < 2 || fields.length > 4) return `${fields.length} fields instead of two to four`;
  const [score = NaN, deviation = 0, count = 1] = numbers.map((text) => (text === '' ? NaN : Number(text)));
  if (line === 1 && Number.isNaN(score)) return null; // a header
  if (!Number.isFinite(score)) return `"${numbers[0] ?? ''}" is not a score`;
  if (!(deviation >= 0 && count >= 0)) return 'deviation and count must be numbers from 0 on';
  const file = `${folder}/${name}`;
  if (!files.has(file)) return `there is no photo "${name}" in this folder (write it as good/name.jpg)`;
  if (byFile.has(file)) return `"${name}" has a score already`;
  byFile.set(file, score);
  return null;
}

/** RFC 4180: fields in quotes may hold commas, doubled quotes and line breaks. Empty lines are passed over. */
export function parseCsv(text: string): Row[] {
  const rows: Row[] = [];
  let fields: string[] = [];
  let line = 1;
  let first = 1;
  const field = /"((?:[^"]|"")*)"(,|\r?\n|$)|((?:[^",\r\n][^,\r\n]*)?)(,|\r?\n|$)/y;
  const body = text.replace(/^\uFEFF/, '');
  while (field.lastIndex < body.length) {
    const match = field.exec(body);
    if (match === null) return [...rows, { line: first, fields: [] }];
    const [whole, quoted, afterQuoted, plain = '', afterPlain] = match;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.split('\n').length - 1;
    if ((afterQuoted ?? afterPlain) === ',' && field.lastIndex < body.length) continue;
    if (fields.length > 1 || fields[0] !== '') rows.push({ line: first, fields });
    fields = [];
    first = line;
  }
  return rows;
}
