/** What earlier runs left that a new one may take over, read from `runs/<run>/ledger.json`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerPath } from '../activities/ledger-path.js';
import { isAbout, Problem } from '../configs/problem.js';
import { Ledger, type LedgerTask } from '../configs/schema/ledger.js';
import { RunName } from '../configs/schema/names.js';
import { onStderr, readRecord, type Found } from '../ml/files/record.js';
import type { ReuseCandidate } from '../workflows/decide.js';
import { inputsIn, type Inputs } from '../workflows/graph.js';

/** Most candidates of one task, with different fingerprints, that a run is handed: its input must stay small. */
const MOST_PER_TASK = 5;

/** The ledger of a run as it is on disk: absent, damaged, or sound. */
export async function lookForLedger(root: string, run: string): Promise<Found<Ledger>> {
  if (!RunName.safeParse(run).success) return { is: 'absent' };
  const found = await readRecord(ledgerPath(root, run), Ledger);
  // A copied or renamed folder: its files are recorded under the other name.
  return found.is === 'sound' && found.value.run !== run ? { is: 'damaged', why: `is of run ${found.value.run}` } : found;
}

/** The ledger of a run as it is on disk; null where there is none. @throws Problem CONFLICT where it is damaged. */
export async function readLedger(root: string, run: string): Promise<Ledger | null> {
  const found = await lookForLedger(root, run);
  if (found.is === 'damaged') throw damagedLedger(root, run, found.why);
  return found.is === 'absent' ? null : found.value;
}

export function damagedLedger(root: string, run: string, why: string): Problem {
  return new Problem({
    code: 'CONFLICT',
    message: `the ledger of run ${run} ${why}`,
    where: ledgerPath(root, run),
    cure: `mv ${ledgerPath('.', run)} ${ledgerPath('.', run)}.damaged (an open run writes its ledger again)`,
  });
}

/**
 * The ledgers of all runs in `runs/`, the run that started last first. A run's folder may be a link. Folders without a ledger are left
 * out; so are damaged ledgers, and `tell` gets a sentence about each. One file at a time is open, however many runs there are.
 */
export async function readLedgers(root: string, tell = onStderr): Promise<Ledger[]> {
  const names = await readdir(join(root, 'runs')).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return [];
    throw error;
  });
  const ledgers: Ledger[] = [];
  for (const name of names) {
    const found = await lookForLedger(root, name);
    if (found.is === 'sound') ledgers.push(found.value);
    else if (found.is === 'damaged') tell(`run ${name} is left out: ${ledgerPath('.', name)} ${found.why}`);
  }
  return ledgers.sort(newestFirst);
}

/** Two runs that were started at the same moment may have one number: then the clock decides. */
function newestFirst(a: Ledger, b: Ledger): number {
  return b.number - a.number || (a.startedAt < b.startedAt ? 1 : -1);
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
