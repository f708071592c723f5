/** What an item of the checklist is proved with: sentences of what was found and of what is missing, and the tasks behind them. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Ledger, LedgerTask } from '../../configs/schema/ledger.js';
import type { Artifact } from '../../configs/schema/payload.js';
import { hashFile } from '../files/atomic.js';
import { recordFaults } from './record.js';
import { LONGEST_TEXT, readRecord } from '../files/record.js';
import { short, when } from './words.js';

export interface Audit {
  /** Absolute project root. */
  readonly root: string;
  readonly ledger: Ledger;
  /** Told after each photo that was hashed, the slowest part of an audit. */
  readonly onPhoto: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

export interface Findings {
  readonly evidence: string[];
  readonly missing: string[];
}

export function noFindings(): Findings {
  return { evidence: [], missing: [] };
}

/** A task that did its work, in this run or in the one that it was reused from. */
export interface FinishedTask {
  readonly plan: LedgerTask['plan'];
  /** @throws Error (a defect) where the task made none of that name. */
  artifact(name: string): Artifact;
}

/** The task that carries out an activity, if it did; else the reason is missing. Skipped is never done. */
export function finishedTask({ ledger }: Audit, uses: string, findings: Findings): FinishedTask | null {
  const task = ledger.tasks.find(({ plan }) => plan.uses === uses);
  if (task === undefined) {
    findings.missing.push(`pipeline ${ledger.pipeline} has no task that does ${uses}`);
    return null;
  }
  const { plan, state, output, fromRun } = task;
  if ((state !== 'done' && state !== 'reused') || output === null) {
    const why = state === 'skipped' ? ` (${task.reason})` : '';
    findings.missing.push(`task ${plan.name} is ${state}, not done${why}`);
    return null;
  }
  for (const fault of recordFaults(ledger, task)) if (!findings.missing.includes(fault)) findings.missing.push(fault);
  findings.evidence.push(`task ${plan.name} is done${fromRun === null ? '' : `, reused from run ${fromRun}`}`);
  return {
    plan,
    artifact: (name) => {
      const artifact = output.artifacts.find((candidate) => candidate.name === name);
      if (artifact === undefined) throw new Error(`task ${plan.name} made no ${name}`);
      return artifact;
    },
  };
}

/** Whether a file still has the bytes that its record says; says so either way. */
export async function proveFile(
  { root }: Pick<Audit, 'root'>,
  made: Pick<Artifact, 'path' | 'sha256' | 'bytes'>,
  findings: Findings,
): Promise<boolean> {
  const { path, sha256, bytes } = made;
  const now = await fileNow(join(root, path));
  const same = now !== null && now.sha256 === sha256 && now.bytes === bytes;
  if (same) findings.evidence.push(`${path}: ${bytes} bytes, sha256 ${sha256}`);
  else if (now === null) findings.missing.push(`${path} is gone: it had ${bytes} bytes, sha256 ${short(sha256)}`);
  else
    findings.missing.push(
      `${path} was altered: it had ${bytes} bytes, sha256 ${short(sha256)}; it has ${now.bytes} bytes, sha256 ${short(now.sha256)} since ${when(now.changed)}`,
    );
  return same;
}

/** A file as it is now: every byte of it is read, whatever is remembered of it. */
export interface FileNow {
  readonly bytes: number;
  readonly sha256: string;
  /** Time of its last modification: what the file says of itself, a help to people and no proof. */
  readonly changed: Date;
}

/** Null where there is no file, or none that can be read. */
export async function fileNow(path: string): Promise<FileNow | null> {
  try {
    const { mtime } = await stat(path);
    return { ...(await hashFile(path)), changed: mtime };
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

/** Proves an artifact and reads it as JSON; null where it is not what was made. */
export async function proveJson<Value>(
  audit: Audit,
  artifact: Artifact,
  schema: z.ZodType<Value>,
  findings: Findings,
): Promise<Value | null> {
  if (!(await proveFile(audit, artifact, findings))) return null;
  const found = await readRecord(join(audit.root, artifact.path), schema, LONGEST_TEXT);
  if (found.is === 'sound') return found.value;
  findings.missing.push(`${artifact.path} was written by another version of the project: run again`);
  return null;
}
