/** The audit's report for people: Markdown, findings grouped by kind. */

import type { AuditReport, Finding } from '../../configs/schema/audit.js';
import { visible } from './names.js';

/** The whole report: every finding, one line each. */
export function reportMarkdown(report: AuditReport): string {
  const { findings, errors, warnings } = report;
  return [
    '# Audit of the photo set',
    '',
    `${verdict(report)}`,
    '',
    '| | |',
    '| --- | --- |',
    ...facts(report).map(([name, value]) => `| ${name} | ${cell(value)} |`),
    '',
    ...splitTable(report),
    ...folderTable(report),
    ...(findings.length === 0 ? ['Nothing was found.'] : [`## ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`]),
    '',
    ...grouped(findings).flatMap(section),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** One line per finding, for a terminal; the first `limit` of them. */
export function reportLines({ findings }: AuditReport, limit: number): string[] {
  const lines = findings
    .slice(0, limit)
    .map(({ severity, file, message, cure }) => `${severity}: ${visible(file)}: ${visible(message)}\n  cure: ${cure}`);
  return findings.length > limit ? [...lines, `… and ${findings.length - limit} more`] : lines;
}

export function verdict({ ok, folders, photos, errors }: AuditReport): string {
  const size = `${counted(photos, 'photo')} in ${counted(folders, 'folder')}`;
  return ok ? `${size}: the set is sound.` : `${size}: ${counted(errors, 'error')} must be mended first.`;
}

function facts({ root, splitsFile, hash, synthetic, scored }: AuditReport): (readonly [string, string])[] {
  return [
    ['photo root', root],
    ['splits', splitsFile],
    ['dataset hash', hash ?? 'none: not every photo could be read'],
    ['pairs', synthetic ? 'synthetic: made by `emo-aen sample`' : 'as found'],
    ['photos with a mean opinion score', String(scored)],
  ];
}

function splitTable({ splits }: AuditReport): string[] {
  const rows = Object.entries(splits).map(
    ([split, { folders, photos, pairs, interval }]) =>
      `| ${split} | ${folders} | ${photos} | ${pairs} | ${interval === null ? 'none' : interval.toFixed(2)} |`,
  );
  return [
    '## Splits',
    '',
    'The interval is as wide as the 95 % interval around an accuracy of 0.8 would be.',
    '',
    '| split | folders | photos | pairs of an epoch | interval |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
  ];
}

/** Folders whose pairs the report for people lists. */
const FOLDERS_LISTED = 50;

function folderTable({ folderPairs }: AuditReport): string[] {
  if (folderPairs.length === 0) return [];
  const left = folderPairs.length - FOLDERS_LISTED;
  return [
    '## Pairs of each folder',
    '',
    '| folder | split | pairs | weight | pairs of an epoch |',
    '| --- | --- | ---: | ---: | ---: |',
    ...folderPairs
      .slice(0, FOLDERS_LISTED)
      .map(({ folder, split, pairs, weight, perEpoch }) => `| ${cell(folder)} | ${split} | ${pairs} | ${weight} | ${perEpoch} |`),
    '',
    ...(left > 0 ? [`And ${counted(left, 'more row')}: audit.json has them all.`, ''] : []),
  ];
}

function grouped(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const found of findings) groups.set(found.code, [...(groups.get(found.code) ?? []), found]);
  const isWarning = (group: readonly Finding[]): number => (group[0]?.severity === 'warning' ? 1 : 0);
  return [...groups.values()].sort((a, b) => isWarning(a) - isWarning(b));
}

function section(group: readonly Finding[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  return [
    `### ${first.severity}: ${first.code} (${group.length})`,
    '',
    `Cure: ${first.cure}.`,
    '',
    ...group.map(({ file, message }) => `- ${code(file)}: ${cell(message)}`),
    '',
  ];
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
/** A file name may hold anything, also what Markdown would take as its own. */
const code = (name: string): string => (name.includes('`') ? `\`\` ${visible(name)} \`\`` : `\`${visible(name)}\``);
const cell = (text: string): string => visible(text).replaceAll(/[|<>*_[\]\\]/g, '\\$&');
