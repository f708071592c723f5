/** Reads what `emo-aen sample` noted about a set. */
import type { Finding } from '../../configs/schema/audit.js';
import { SampleRecord } from '../../configs/schema/sample.js';
import { readTextBelow, type ReadFault } from '../files/regular.js';
import { finding } from './findings.js';
import { composed } from './names.js';
import { DEGRADATIONS_FILE } from './scan.js';

export interface Degradations {
  /** Folders whose pairs are synthetic; empty for a set of real pairs. */
  readonly folders: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/** @param root absolute photo root. A record that cannot be understood is an error: it decides whether the result is called synthetic. */
export async function readDegradations(root: string): Promise<Degradations> {
  const read = await readSampleRecord(root);
  if (read === null) return { folders: new Set(), findings: [] };
  if ('scenes' in read) return { folders: new Set(read.scenes.map(({ folder }) => composed(folder))), findings: [] };
  // The walk through the set has told of links already (scan.ts).
  const told = read.fault === 'link-outside' || read.fault === 'link-nowhere';
  return { folders: new Set(), findings: told ? [] : [finding('bad-record', DEGRADATIONS_FILE, read.message)] };
}

/** 80,000 pairs. What a record of nonsense makes of memory is a hundred times as much. */
export const MOST_RECORD_BYTES = 32 * 2 ** 20;

/** The record of the set in a folder (absolute), what is wrong with it, or null where there is none. */
export async function readSampleRecord(root: string): Promise<SampleRecord | ReadFault | null> {
  const read = await readTextBelow(root, DEGRADATIONS_FILE, MOST_RECORD_BYTES);
  if ('fault' in read) return read.fault === 'missing' ? null : read;
  const record = SampleRecord.safeParse(parsed(read.text));
  return record.success ? record.data : { fault: 'unreadable', message: 'is not a record of `emo-aen sample`' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
