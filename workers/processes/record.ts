/** `.emo-aen/processes/<name>.json`: the processes of a project that run in the background, one file each. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { readRecord } from '../../ml/files/record.js';
import { hasEnded, isAlive, ProcessIdentity } from './identity.js';

export const PROCESS_NAMES = ['server', 'cpu', 'gpu'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

export const ProcessRecord = z.object({
  version: z.literal(1),
  name: z.enum(PROCESS_NAMES),
  process: ProcessIdentity,
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  /** Relative to the project root; null for one that runs in a terminal. */
  log: z.string().nullable(),
  /** What it serves or is connected to: `host:port namespace`. */
  target: z.string(),
  /** Digest of the code it runs: a worker of older code is replaced. */
  code: z.string(),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

function folder(root: string): string {
  return join(root, '.emo-aen', 'processes');
}

/** What a worker says once it polls. */
export const Ready = z.object({
  pid: z.int(),
  /** What a person should know: runs that nobody here can go on with. */
  notes: z.array(z.string()).readonly(),
});
export type Ready = z.infer<typeof Ready>;

/** Where it says so. */
export function readyPath(root: string, name: ProcessName): string {
  return join(folder(root), `${name}.ready.json`);
}

export function recordPath(root: string, name: ProcessName): string {
  return join(folder(root), `${name}.json`);
}

export async function writeRecord(root: string, record: ProcessRecord): Promise<void> {
  await writeJsonAtomically(recordPath(root, record.name), record);
}

export async function removeRecord(root: string, name: ProcessName): Promise<void> {
  await rm(recordPath(root, name), { force: true });
  await rm(readyPath(root, name), { force: true });
}

/** For so long a process that was killed may hold its ports and locks. */
const DYING_LIMIT_MS = 5_000;

/** The record of a process that runs now; null if it does not, or its record is absent or damaged. Waits for one that is being ended. */
export async function findRunning(root: string, name: ProcessName): Promise<ProcessRecord | null> {
  const found = await readRecord(recordPath(root, name), ProcessRecord);
  if (found.is !== 'sound') return null;
  const record = found.value;
  if (isAlive(record.process)) return record;
  await hasEnded(record.process, DYING_LIMIT_MS);
  return null;
}
