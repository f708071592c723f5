/**
 * What grows without bound in a project and is needed by nothing: found by the names that the product gives its files, and by what the
 * ledgers say. Published versions (`models/`) and photos are never looked at.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { linkFault } from '../../ml/files/place.js';
import { TILES_FOLDER } from '../../ml/images/tiles.js';
import { identify } from '../processes/identity.js';
import { hasEnded } from '../report.js';
import { WORKFLOWS_FOLDER } from '../versions.js';

export const KINDS = ['checkpoints', 'events', 'photo packs', 'workflow code', 'old logs', 'damaged files', 'leftovers'] as const;
export type Kind = (typeof KINDS)[number];

/** A file that nothing needs. */
export interface Litter {
  readonly kind: Kind;
  /** Relative to the project root. */
  readonly path: string;
  readonly bytes: number;
}

export interface Known {
  /** Absolute. */
  readonly root: string;
  /** Those of all runs, the newest first. */
  readonly ledgers: readonly Ledger[];
  /** Whether every run's ledger could be read: else nothing is known of what the others need. */
  readonly complete: boolean;
  /** How many ended runs of each pipeline stay whole. */
  readonly keep: number;
  /** Workflow code that open runs need; null where no server tells. */
  readonly builds: readonly string[] | null;
}

/** As ml/engine/checkpoint-files.ts calls them. `best` stays: a settings file may name it as weights to begin from. */
const CHECKPOINT = /^(epoch-\d+-step-\d+|initial|last)\.safetensors(\.damaged)?$|^index\.json(\.damaged)?$/;
const PACK = /^photos-[0-9a-f]{32}\.bin(\.sha256|\.rows\.json)?$/;
const BUNDLE = /^([0-9a-f]{16})\.js$/;
/** As ml/files/record.ts sets files aside. */
const DAMAGED = /\.damaged-\d{8}T\d{9}Z$/;
/** As ml/files/atomic.ts calls a file that is being written. */
const TEMPORARY = /\.tmp-(\d+)-[0-9a-f]{8}$/;
/** A writer in another container has a number that means nothing here: its file is left alone for a day. */
const TEMPORARY_MS = 24 * 3_600_000;

/** The runs that stay whole: open ones, the newest of each pipeline, and those whose results they took over. */
export function keptRuns(ledgers: readonly Ledger[], keep: number): Set<string> {
  const kept = new Set<string>();
  const counts = new Map<string, number>();
  for (const ledger of ledgers) {
    const count = counts.get(ledger.pipeline) ?? 0;
    if (hasEnded(ledger)) counts.set(ledger.pipeline, count + 1);
    if (!hasEnded(ledger) || count < keep) kept.add(ledger.run);
  }
  // A set that grows while it is walked is walked to its end: what a run took over may itself have been taken over.
  for (const run of kept) {
    for (const { fromRun } of ledgers.find((ledger) => ledger.run === run)?.tasks ?? []) if (fromRun !== null) kept.add(fromRun);
  }
  return kept;
}

export async function findLitter({ root, ledgers, complete, keep, builds }: Known): Promise<Litter[]> {
  const kept = keptRuns(ledgers, keep);
  const needed = new Set(ledgers.filter(({ run }) => kept.has(run)).flatMap(filesOf));
  const dropped = ledgers.filter(({ run }) => !kept.has(run));
  const anyOpen = ledgers.some((ledger) => !hasEnded(ledger));
  const found: Litter[] = [];
  const look = async (kind: Kind, folder: string, is: (name: string) => boolean): Promise<void> => {
    if ((await linkFault(root, folder)) !== null) return; // moved to another disk: what lies there is not counted
    for (const name of await filesIn(join(root, folder))) {
      const path = `${folder}/${name}`;
      if (needed.has(path) || !is(name)) continue;
      const facts = await factsOf(join(root, path));
      if (facts?.isFile() !== true) continue;
      if (kind === 'leftovers' && Date.now() - facts.mtimeMs < TEMPORARY_MS) continue;
      found.push({ kind, path, bytes: facts.size });
    }
  };
  for (const { run, tasks } of dropped) {
    for (const { plan } of tasks) await look('checkpoints', `checkpoints/${run}/${plan.name}`, (name) => CHECKPOINT.test(name));
    await look('events', `logs/${run}`, (name) => name === 'events.jsonl');
  }
  // A run that is open may be about to name a pack that its ledger does not name yet.
  const packs = [...needed].filter((path) => path.startsWith(`${TILES_FOLDER}/`)).map((path) => path.slice(TILES_FOLDER.length + 1));
  if (complete && !anyOpen)
    await look('photo packs', TILES_FOLDER, (name) => PACK.test(name) && !packs.some((pack) => name.startsWith(pack)));
  if (builds !== null) await look('workflow code', WORKFLOWS_FOLDER, (name) => !builds.includes(BUNDLE.exec(name)?.[1] ?? builds[0] ?? ''));
  await look('old logs', '.emo-aen/logs', (name) => name.endsWith('.log.1'));
  const own = ['.emo-aen', '.emo-aen/processes', '.emo-aen/cache', WORKFLOWS_FOLDER];
  const folders = [...own, TILES_FOLDER, ...ledgers.flatMap(({ run }) => [`runs/${run}`, `logs/${run}`])];
  for (const folder of folders) {
    await look('damaged files', folder, (name) => DAMAGED.test(name));
    await look('leftovers', folder, (name) => identify(Number(TEMPORARY.exec(name)?.[1] ?? process.pid)) === null);
  }
  return found;
}

function filesOf({ tasks }: Ledger): string[] {
  return tasks.flatMap(({ output }) => output?.artifacts.map(({ path }) => path) ?? []);
}

/** None where the folder is not there, or is a link: nothing behind a link is removed. */
async function filesIn(folder: string): Promise<string[]> {
  const facts = await factsOf(folder);
  return facts?.isDirectory() === true ? readdir(folder) : [];
}

async function factsOf(path: string) {
  return lstat(path).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
}
