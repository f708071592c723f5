/** The audit's report as Markdown: findings by kind, the first of each, so that ten thousand stay readable. */
import type { AuditReport } from '../../../configs/schema/audit.js';
import { visible } from '../names.js';
import { grouped, type FindingGroup } from './groups.js';
import { counted, facts, verdict } from './summary.js';

/** Findings of each kind, and folders; audit.json has them all. */
const SHOWN = 50;

export function reportMarkdown(report: AuditReport): string {
  const { findings, errors, warnings, unseen } = report;
  return [
    '# Audit of the photo set',
    '',
    `${verdict(report)}`,
    '',
    '| | |',
    '| --- | --- |',
    ...facts(report).map(([name, value]) => `| ${name} | ${cell(value)} |`),
    '',
    ...(unseen.length === 0 ? [] : ['What this mode cannot see:', '', ...unseen.map((what) => `- ${cell(what)}`), '']),
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

function folderTable({ folderPairs }: AuditReport): string[] {
  if (folderPairs.length === 0) return [];
  const left = folderPairs.length - SHOWN;
  return [
    '## Pairs of each folder',
    '',
    '| folder | split | pairs | weight | pairs of an epoch |',
    '| --- | --- | ---: | ---: | ---: |',
    ...folderPairs
      .slice(0, SHOWN)
      .map(({ folder, split, pairs, weight, perEpoch }) => `| ${cell(folder)} | ${split} | ${pairs} | ${weight} | ${perEpoch} |`),
    '',
    ...(left > 0 ? [`And ${counted(left, 'more row')}: audit.json has them all.`, ''] : []),
  ];
}

function section({ severity, code, cure, findings }: FindingGroup): string[] {
  const more = findings.length - SHOWN;
  return [
    `### ${severity}: ${code} (${findings.length})`,
    '',
    `Cure: ${cure}.`,
    '',
    ...findings.slice(0, SHOWN).map(({ file, message }) => `- ${quoted(file)}: ${cell(message)}`),
    ...(more > 0 ? [`- … and ${more} more: audit.json has them all`] : []),
    '',
  ];
}

/** A file name may hold anything, also what Markdown would take as its own. */
const quoted = (name: string): string => (name.includes('`') ? `\`\` ${visible(name)} \`\`` : `\`${visible(name)}\``);
const cell = (text: string): string => visible(text).replaceAll(/[|<>*_[\]\\]/g, '\\$&');
