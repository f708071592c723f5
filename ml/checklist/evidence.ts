/** What an item of the checklist is proved with: sentences of what was found and of what is missing, and the tasks behind them. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Ledger, LedgerTask } from '../../configs/schema/ledger.js';
import type { Artifact } from '../../configs/schema/payload.js';
import { hashFile } from '../files/atomic.js';

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
    findings.missing.push(`task ${plan.name} is ${state}, not done`);
    return null;
  }
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
  { path, sha256, bytes }: Pick<Artifact, 'path' | 'sha256' | 'bytes'>,
  findings: Findings,
): Promise<boolean> {
  const fault = await faultOf(join(root, path), sha256, bytes);
  if (fault === null) findings.evidence.push(`${path}: ${bytes} bytes, sha256 ${sha256}`);
  else findings.missing.push(`${path} ${fault}`);
  return fault === null;
}

async function faultOf(path: string, sha256: string, bytes: number): Promise<string | null> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
  if (size === null) return 'is gone';
  const found = size === bytes ? (await hashFile(path)).sha256 : null;
  return found === sha256
    ? null
    : `was altered: ${found === null ? `${size} bytes instead of ${bytes}` : `sha256 is ${found}, not ${sha256}`}`;
}

/** Proves an artifact and reads it as JSON; null where it is not what was made. */
export async function proveJson<Schema extends z.ZodType>(
  audit: Audit,
  artifact: Artifact,
  schema: Schema,
  findings: Findings,
): Promise<z.infer<Schema> | null> {
  if (!(await proveFile(audit, artifact, findings))) return null;
  const parsed = schema.safeParse(JSON.parse(await readFile(join(audit.root, artifact.path), 'utf8')));
  if (parsed.success) return parsed.data;
  findings.missing.push(`${artifact.path} was written by another version of the project: run again`);
  return null;
}

/** Enough of a sha256 to tell two apart, for people. */
export function short(sha256: string): string {
  return `${sha256.slice(0, 12)}…`;
}
