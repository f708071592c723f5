/** Reads what `emo-aen sample` noted about a set. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import type { Finding } from '../../configs/schema/audit.js';
import { SampleRecord } from '../../configs/schema/sample.js';
import { finding } from './findings.js';
import { DEGRADATIONS_FILE } from './scan.js';

export interface Degradations {
  /** Folders whose pairs are synthetic; empty for a set of real pairs. */
  readonly folders: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/** @param root absolute photo root. A record that cannot be understood is an error: it decides whether the result is called synthetic. */
export async function readDegradations(root: string): Promise<Degradations> {
  const bad = (message: string): Degradations => ({ folders: new Set(), findings: [finding('bad-record', DEGRADATIONS_FILE, message)] });
  let text: string;
  try {
    text = await readFile(join(root, DEGRADATIONS_FILE), 'utf8');
  } catch (error) {
    if (isAbout(error, 'EACCES', 'EISDIR', 'ELOOP')) return bad(`cannot be read (${error.code})`);
    if (isAbout(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return { folders: new Set(), findings: [] };
    throw error;
  }
  const record = SampleRecord.safeParse(parsed(text));
  return record.success
    ? { folders: new Set(record.data.scenes.map(({ folder }) => folder)), findings: [] }
    : bad('is not a record of `emo-aen sample`');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
