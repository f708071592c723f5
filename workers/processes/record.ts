/** `.emo-aen/processes/<name>.json`: the processes of a project that run in the background, one file each. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { readRecord } from '../../ml/files/record.js';
import { hasEnded, isAlive, type ProcessIdentity } from './identity.js';

/** `ui` decodes for Temporal's Web UI, and runs only where a person asked for that. */
export const PROCESS_NAMES = ['server', 'cpu', 'gpu', 'ui'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

const Identity: z.ZodType<ProcessIdentity> = z.object({ pid: z.int().positive(), start: z.string(), boot: z.string() });

export const ProcessRecord = z.object({
  version: z.literal(1),
  name: z.enum(PROCESS_NAMES),
  /** The one that runs, or that ran last. */
  process: Identity,
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  /** Relative to the project root; null for one that runs in a terminal. */
  log: z.string().nullable(),
  /** What it serves, `host:port namespace`, or for whom it works (project/whose.ts). */
  target: z.string(),
  /** Digest of the code it runs: a worker of older code is replaced. */
  code: z.string(),
  program: z.string(),
  args: z.array(z.string()),
  /** Starts it again when it ends; null for one that runs in a terminal. */
  supervisor: Identity.nullable(),
  /** How it ended last; null where it never did. */
  deaths: z.object({ count: z.int().positive(), how: z.string(), at: z.string(), againAt: z.string().nullable() }).nullable(),
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
  const record = await findRecord(root, name);
  if (record === null) return null;
  if (isAlive(record.process)) return record;
  await hasEnded(record.process, DYING_LIMIT_MS);
  return null;
}

/** The record of a process, whether it runs or not; null where it is absent or damaged. */
export async function findRecord(root: string, name: ProcessName): Promise<ProcessRecord | null> {
  const found = await readRecord(recordPath(root, name), ProcessRecord);
  return found.is === 'sound' ? found.value : null;
}

/** Whether somebody starts it again when it ends. */
export function isSupervised({ supervisor }: ProcessRecord): boolean {
  return supervisor !== null && isAlive(supervisor);
}
