/** What earlier runs left that a new one may take over, read from `runs/<run>/ledger.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerPath } from '../activities/ledger-path.js';
import { isAbout, Problem } from '../configs/problem.js';
import { Ledger, type LedgerTask } from '../configs/schema/ledger.js';
import type { ReuseCandidate } from '../workflows/decide.js';
import { inputsIn, type Inputs } from '../workflows/graph.js';
import { isRunName } from './run-name.js';

/** Most candidates of one task, with different fingerprints, that a run is handed: its input must stay small. */
const MOST_PER_TASK = 5;

/** The ledger of a run as it is on disk; null where there is none. @throws Problem CONFLICT where it cannot be read as one. */
export async function readLedger(root: string, run: string): Promise<Ledger | null> {
  if (!isRunName(run)) return null;
  const path = ledgerPath(root, run);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
  const parsed = Ledger.safeParse(parse(text, path));
  if (parsed.success) return parsed.data;
  throw new Problem({
    code: 'CONFLICT',
    message: 'not a ledger of this version',
    where: path,
    cure: 'move the run away, or read it with the version that wrote it',
  });
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem({ code: 'CONFLICT', message: 'not valid JSON', where: path, cure: 'move the run away', cause });
  }
}

/** The ledgers of all runs in `runs/`, the run that started last first; folders without a ledger are left out. */
export async function readLedgers(root: string): Promise<Ledger[]> {
  const folders = await readdir(join(root, 'runs'), { withFileTypes: true }).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return [];
    throw error;
  });
  const ledgers = await Promise.all(folders.filter((folder) => folder.isDirectory()).map(({ name }) => readLedger(root, name)));
  return ledgers.filter((ledger) => ledger !== null).sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

/**
 * What the runs of `pipeline` (or just `fromRun`) have finished, newest first, at most a few per task. Whether the files are
 * still there is looked at when one is about to be used.
 */
export async function loadCandidates(root: string, pipeline: string, fromRun: string | null = null): Promise<ReuseCandidate[]> {
  return candidatesFrom(await readLedgers(root), pipeline, fromRun);
}

/** {@link loadCandidates} of ledgers that are read already, newest first. */
export function candidatesFrom(all: readonly Ledger[], pipeline: string, fromRun: string | null): ReuseCandidate[] {
  const ledgers = all.filter((ledger) => (fromRun === null ? ledger.pipeline === pipeline : ledger.run === fromRun));
  const kept: ReuseCandidate[] = [];
  const known = new Map<string, Set<string>>();
  for (const candidate of ledgers.flatMap(candidatesOf)) {
    const prints = known.get(candidate.task) ?? new Set();
    known.set(candidate.task, prints);
    if (prints.has(candidate.fingerprint) || prints.size === MOST_PER_TASK) continue;
    prints.add(candidate.fingerprint);
    kept.push(candidate);
  }
  return kept;
}

function candidatesOf(ledger: Ledger): ReuseCandidate[] {
  const inputs = inputsIn(ledger.tasks.map(({ plan }) => plan));
  const outputs = new Map(ledger.tasks.map(({ plan, output }) => [plan.name, output?.artifacts ?? []]));
  return ledger.tasks.flatMap((task) => candidateOf(task, ledger.run, inputs, (name) => outputs.get(name) ?? []));
}

function candidateOf(
  { plan, output, fingerprint, fromRun }: LedgerTask,
  run: string,
  known: Inputs,
  made: Parameters<Inputs['of']>[1],
): ReuseCandidate[] {
  if (output === null || fingerprint === null) return [];
  const inputs = known.of(plan, made).map(({ name, sha256 }) => ({ name, sha256 }));
  const { name: task, uses, version, code, settings } = plan;
  return [{ task, fromRun: fromRun ?? run, uses, version, code, settings, inputs, fingerprint, output }];
}
