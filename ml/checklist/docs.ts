/** Item 5: documentation updated with metrics and configuration. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import { ChangelogRecord } from '../../configs/schema/changelog.js';
import { Evaluation } from '../../configs/schema/evaluation.js';
import { DatasetIndex } from '../../configs/schema/photos.js';
import { accuracyText } from '../changelog/entry.js';
import { findEntry } from '../changelog/file.js';
import { finishedTask, noFindings, proveJson, type Audit, type Findings } from './evidence.js';
import { count } from './words.js';

export async function proveDocs(audit: Audit): Promise<Findings> {
  const findings = noFindings();
  const tasks = ['changelog', 'evaluate', 'audit'].map((uses) => finishedTask(audit, uses, findings));
  const [task, evaluated, audited] = tasks;
  if (!task || !evaluated || !audited) return findings;
  const record = await proveJson(audit, task.artifact('changelog-entry'), ChangelogRecord, findings);
  const evaluation = await proveJson(audit, evaluated.artifact('evaluation'), Evaluation, findings);
  const dataset = await proveJson(audit, audited.artifact('dataset'), DatasetIndex, findings);
  if (record === null || evaluation === null || dataset === null) return findings;
  const entry = await entryOf(audit, record, task.plan.name, findings);
  if (entry === null) return findings;
  const named: readonly (readonly [what: string, text: string])[] = [
    ['the dataset hash', dataset.hash],
    ['the pairwise accuracy', accuracyText(evaluation.pairwiseAccuracy)],
    ...record.settings.map(({ path, sha256 }) => [path, sha256] as const),
  ];
  for (const [what, text] of named) {
    if (entry.includes(text)) findings.evidence.push(`the entry names ${what}: ${text}`);
    else findings.missing.push(`the entry does not name ${what}, ${text}: retry ${task.plan.name}`);
  }
  if (record.settings.length === 0) findings.missing.push('the entry names no settings file');
  return findings;
}

/** The entry as the changelog has it now, where it is still what the run wrote. */
async function entryOf(audit: Audit, record: ChangelogRecord, task: string, findings: Findings): Promise<string | null> {
  const { run, file, sha256 } = record;
  const again = `write it again with emo-aen retry ${audit.ledger.run} ${task}`;
  try {
    const entry = findEntry(await readFile(join(audit.root, file), 'utf8'), run, file);
    if (entry === null) findings.missing.push(`${file} has no entry of run ${run}: ${again}`);
    else if (createHash('sha256').update(entry).digest('hex') !== sha256)
      findings.missing.push(`the entry of run ${run} in ${file} was edited: ${edited(record.entry, entry)}; ${again}`);
    else {
      findings.evidence.push(`${file} holds the entry of run ${run} as it was written, sha256 ${sha256}`);
      return entry;
    }
  } catch (error) {
    if (error instanceof Problem) findings.missing.push(`${file}: ${error.message}; ${error.cure}`);
    else if (isAbout(error, 'ENOENT')) findings.missing.push(`${file} is gone: ${again}`);
    else throw error;
  }
  return null;
}

/** The first line that differs, as it was and as it is, and how many do. */
function edited(before: string, now: string): string {
  const [was, is] = [before.split('\n'), now.split('\n')];
  const lines = Array.from({ length: Math.max(was.length, is.length) }, (_, index) => index).filter((index) => was[index] !== is[index]);
  const [first = 0] = lines;
  const more = lines.length > 1 ? `, and ${count(lines.length - 1, 'more line')}` : '';
  return `it said "${was[first] ?? ''}", it says "${is[first] ?? ''}"${more}`;
}
