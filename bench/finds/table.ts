/** The table of finds as a document. */
import type { Alarms } from './false-alarms.js';
import type { Finds, Row } from './finds.js';
import { OTHERS } from './others.js';

const COLUMNS = ['what is wrong', 'cases', 'emo-aen', 'as', ...OTHERS] as const;
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const header = (columns: readonly string[]): string[] => [line(columns), line(columns.map(() => '---'))];
const asked = (count: number | null): string => (count === null ? '' : String(count));

export function total(rows: readonly Row[]): { readonly cases: number; readonly found: number } {
  return { cases: sum(rows, ({ cases }) => cases), found: sum(rows, ({ found }) => found) };
}

const sum = (rows: readonly Row[], of: (row: Row) => number): number => rows.reduce((all, row) => all + of(row), 0);

/** Markdown. @param command that repeats it */
export function document({ groups, alarms, missing, versions }: Finds, command: string): string {
  const { cases, found } = total(groups.flatMap(({ rows }) => rows));
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    '# What the audit finds',
    '',
    'Written by the command that repeats it:',
    '',
    '```sh',
    command,
    '```',
    '',
    `${cases} made cases, **${found} found**. A case is found where the audit, with the project's own settings, has a finding of the right kind that names its file. Beside it,`,
    'how often others would have told: Pillow where `verify()` or `load()` raises; imagehash where the perceptual hashes (`phash`) of a photo and its copy are at most 4 bits apart, which is what the audit allows;',
    'cleanvision where it names the photo (or puts it into one set with its copy), or breaks off because Pillow cannot load it; fastdup where it calls the photo invalid, or similar to its copy (0.9 and above).',
    'An empty cell: it was not asked, since it looks at no such thing.',
    `They were asked in these versions: ${peers.join(', ')}.`,
    ...Object.entries(missing).map(([group, why]) => `Missing, ${group}: ${why}.`),
    '',
    ...groups.flatMap(({ title, rows }) => section(title, rows)),
    ...alarmSection(alarms),
  ].join('\n');
}

function section(title: string, rows: readonly Row[]): string[] {
  const { cases, found } = total(rows);
  const misses = rows.filter((row) => row.found < row.cases);
  return [
    `## ${title}: ${found} of ${cases}`,
    '',
    ...header(COLUMNS),
    ...rows.map((row) =>
      line([
        row.kind,
        String(row.cases),
        row.found === row.cases ? `**${row.found}**` : String(row.found),
        Object.keys(row.codes)
          .map((code) => `\`${code}\``)
          .join(', '),
        ...OTHERS.map((column) => asked(row.others[column] ?? null)),
      ]),
    ),
    '',
    ...misses.map(
      ({ kind, cases, found, beyond }) => `- Not found: ${cases - found} of ${cases}, ${kind}${beyond === null ? '' : ` (${beyond})`}.`,
    ),
    ...(misses.length === 0 ? [] : ['']),
  ];
}

function alarmSection(alarms: readonly Alarms[]): string[] {
  const counted = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([code, count]) => `${count} \`${code}\``)
      .join(', ') || '0';
  return [
    '## False alarms',
    '',
    'Sound photos, good and bad by turns, as they are and written anew:',
    '',
    ...header(['written as', 'photos', 'errors', 'warnings']),
    ...alarms.map(({ encoding, photos, errors, warnings }) => line([encoding, String(photos), counted(errors), counted(warnings)])),
    '',
  ];
}
