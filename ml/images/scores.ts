/** `scores.csv` of a folder: file, mean opinion score[, deviation, count] (design §5, "Scores of people"). */
import { posix } from 'node:path';
import type { Finding } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import { readTextBelow, type ReadFault } from '../files/regular.js';
import { parseCsv, type Row } from './csv.js';
import { finding, type FindingCode } from './findings.js';
import { composed, nameInScene } from './names.js';
import { SCORES_FILE, type FoundPhoto } from './scan.js';

/** What people said of one photo, on the scale of the settings; null is what the file leaves open. */
export interface Opinion {
  readonly mean: number;
  /** Standard deviation of the single scores. */
  readonly deviation: number | null;
  /** People who scored. */
  readonly count: number | null;
}

export interface Scores {
  /** By photo file, relative to the photo root. */
  readonly byFile: ReadonlyMap<string, Opinion>;
  readonly findings: readonly Finding[];
}

type Limits = DatasetSettings['scores'];

/** Of a table of one folder: 500,000 photos. Rows in memory take fifty times as much. */
export const MOST_SCORE_BYTES = 16 * 2 ** 20;

/** Faults of one table that are told: a table of something else has one for every line. */
const MOST_FAULTS = 100;

/** @param root absolute photo root. Folders without the file have no scores, and nothing is wrong with that. */
export async function readScores(root: string, folders: readonly string[], photos: readonly FoundPhoto[], limits: Limits): Promise<Scores> {
  const byFile = new Map<string, Opinion>();
  const findings: Finding[] = [];
  const namesByFolder = new Map<string, Map<string, string>>(folders.map((folder) => [folder, new Map()]));
  const places = new Map<string, string>();
  for (const { file, folder } of photos) {
    namesByFolder.get(folder)?.set(nameInScene(file), file);
    places.set(folder, posix.dirname(posix.dirname(file)));
  }
  for (const [folder, names] of namesByFolder) {
    const csv = `${places.get(folder) ?? folder}/${SCORES_FILE}`;
    const found = (code: FindingCode, message: string): void => void findings.push(finding(code, csv, message));
    const read = await readTextBelow(root, csv, MOST_SCORE_BYTES);
    if ('fault' in read) {
      const code = FAULT_CODES[read.fault];
      if (code !== null) found(code, read.message);
      continue;
    }
    const { text } = read;
    const known = byFile.size;
    const faults = readTable(text, names, limits, byFile);
    for (const { line, code, message } of faults.slice(0, MOST_FAULTS)) found(code, `line ${line}: ${message}`);
    if (faults.length > MOST_FAULTS) found('bad-scores', `and ${faults.length - MOST_FAULTS} more lines that are wrong`);
    const scored = byFile.size - known;
    if (scored < limits.coverage * names.size)
      found('scores-incomplete', `scores ${scored} of ${names.size} photos, fewer than scores.coverage asks for (${limits.coverage})`);
  }
  return { byFile, findings };
}

/** Null: there are no scores, and nothing is wrong with that. */
const FAULT_CODES = {
  missing: null,
  'link-outside': 'link-outside',
  'link-nowhere': 'unreadable',
  unreadable: 'unreadable',
  'too-large': 'bad-scores',
} as const satisfies Readonly<Record<ReadFault['fault'], FindingCode | null>>;

interface Fault {
  readonly line: number;
  readonly code: FindingCode;
  readonly message: string;
}

/** Stores the opinions of a table in `byFile`, and says what is wrong with it. `names` leads from `good/name.jpg` to the photo's file. */
function readTable(text: string, names: ReadonlyMap<string, string>, limits: Limits, byFile: Map<string, Opinion>): Fault[] {
  const fault = (line: number, message: string): Fault => ({ line, code: 'bad-scores', message });
  if (text.includes('\0')) return [fault(1, 'holds zero bytes, as UTF-16 does; save the file as UTF-8')];
  const rows = parseCsv(text);
  const [head, ...rest] = isSeparatorLine(rows[0]) ? rows.slice(1) : rows;
  if (head === undefined) return [];
  const separator = wrongSeparator(head, names);
  // Every line has it: once is enough.
  if (separator !== null) return [fault(head.line, `separates its fields by ${separator}; commas are needed`)];
  const lines = new Map<string, number>();
  return (isHeader(head) ? rest : [head, ...rest]).flatMap((row) => {
    const opinion = opinionOf(row, limits);
    if (typeof opinion === 'string') return [fault(row.line, opinion)];
    const name = row.fields[0] ?? '';
    const file = names.get(composed(name));
    const earlier = file === undefined ? undefined : lines.get(file);
    if (file === undefined) return [fault(row.line, `there is no photo "${short(name)}" in this folder (write it as good/name.jpg)`)];
    if (earlier !== undefined) return [fault(row.line, `"${short(name)}" has a score already, on line ${earlier}`)];
    lines.set(file, row.line);
    byFile.set(file, opinion);
    return rangeFaults(row.line, name, opinion.mean, limits);
  });
}

function rangeFaults(line: number, name: string, mean: number, { min, max }: Limits): Fault[] {
  if (mean >= min && mean <= max) return [];
  const broken = mean < min ? `below scores.min (${min})` : `above scores.max (${max})`;
  return [{ line, code: 'score-out-of-range', message: `the score ${mean} of "${short(name)}" is ${broken}` }];
}

/** What Excel puts in front of a table. Other separators than commas are told by the lines behind it. */
function isSeparatorLine(row: Row | undefined): boolean {
  return row !== undefined && /^sep=[,;\t]?$/i.test(row.fields.join(''));
}

const SEPARATORS = { ';': 'semicolons', '\t': 'tabs' } as const;

/** What spreadsheets write in place of commas; a photo's name may hold either. */
function wrongSeparator({ fields: [first = ''] }: Row, names: ReadonlyMap<string, string>): string | null {
  for (const [sign, name] of Object.entries(SEPARATORS)) {
    const [before = '', ...behind] = first.split(sign);
    if (behind.length > 0 && !names.has(composed(first)) && (names.has(composed(before)) || !before.includes('/'))) return name;
  }
  return null;
}

/** Words where scores would stand, in a line that is about no photo. */
function isHeader({ fields: [name = '', score] }: Row): boolean {
  return score !== undefined && Number.isNaN(numberOf(score)) && !/^(good|bad)\//.test(name);
}

/** What a row says, or what is wrong with it. */
function opinionOf({ fields }: Row, limits: Limits): Opinion | string {
  if (fields.length === 0) return 'a quote is not closed, or text stands behind one that closes';
  if (fields.length < 2 || fields.length > 4)
    return `${fields.length === 1 ? '1 field' : `${fields.length} fields`} instead of two to four`;
  const [, score = '', ...others] = fields;
  const mean = numberOf(score);
  if (!Number.isFinite(mean)) return `"${short(score)}" is not a score`;
  const [deviation = null, count = null] = others.map((text) => (text === '' ? null : numberOf(text)));
  if (deviation !== null && !(Number.isFinite(deviation) && deviation >= 0)) return 'the deviation must be a number from 0 on';
  if (count !== null && !(Number.isSafeInteger(count) && count >= 1)) return 'the count must be a whole number from 1 on';
  const most = mostDeviation(limits, count);
  if (deviation !== null && deviation > most)
    return `the deviation ${deviation} is more than scores from ${limits.min} to ${limits.max} can have (${most.toFixed(2)}); is a decimal comma meant?`;
  return { mean, deviation, count };
}

/** Where half of the scores are the lowest and half the highest; of a sample of n it is estimated higher by sqrt(n / (n - 1)). */
function mostDeviation({ min, max }: Limits, count: number | null): number {
  return ((max - min) / 2) * (count === null || count < 2 ? 1 : Math.sqrt(count / (count - 1)));
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** NaN for what is not written as a decimal number: `Number` would take "", "0x10" and "Infinity" for one. */
function numberOf(text: string): number {
  return DECIMAL.test(text) ? Number(text) : NaN;
}

const SHOWN = 80;
const short = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
