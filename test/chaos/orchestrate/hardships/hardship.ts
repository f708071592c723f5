/** What is done to a project besides kills, and how its runs must come out of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '../../../../configs/schema/ledger.js';
import { readLedger } from '../../../../workers/candidates.js';
import { queryLedger } from '../../../../workers/observe.js';
import type { RunStatus } from '../../../../workers/report.js';
import { connectTemporal } from '../../../../workers/temporal.js';
import type { Draws } from '../../../../ml/random/philox.js';
import { insist, type Project, type Said } from '../project.js';
import type { DrawnTask } from '../story.js';
import { wrongs, type Typed } from '../verify.js';

export interface Hardship {
  /** The row's name in the report. */
  readonly name: string;
  /**
   * Does it, and gives everything that is wrong afterwards, in words.
   * @throws Impossible where this machine cannot show it.
   */
  readonly undergo: (trial: Trial) => Promise<readonly string[]>;
}

export interface Trial {
  /** Absolute path of a folder of this hardship's own. */
  readonly scratch: string;
  readonly draws: Draws;
}

/** This machine cannot show the hardship: the row is skipped, and says why. */
export class Impossible extends Error {}

/** In which a run must come to rest once nothing happens to it any more. */
const REST_MS = 180_000;
const POLL_MS = 200;
const NO_COMMANDS: Typed = { accepted: {}, unknown: {} };

const QUIET = { queue: 'cpu', fails: 'never', times: 0, optional: false, approval: false } as const;

/** A chain of tasks, each of `ms` milliseconds; every second one is on the gpu queue. */
export function chain(length: number, ms: number): DrawnTask[] {
  return Array.from({ length }, (_, nth) => ({
    ...QUIET,
    name: `t${nth}`,
    needs: nth === 0 ? [] : [`t${nth - 1}`],
    queue: nth % 2 === 1 ? ('gpu' as const) : ('cpu' as const),
    ms,
  }));
}

/** Tasks that need nothing, each of `ms` milliseconds. */
export function abreast(length: number, ms: number): DrawnTask[] {
  return Array.from({ length }, (_, nth) => ({ ...QUIET, name: `t${nth}`, needs: [], ms }));
}

/** Declares and starts a run that nobody follows. */
export async function begin(project: Project, name: string, tasks: readonly DrawnTask[]): Promise<void> {
  const file = await project.declare(name, tasks);
  insist(await project.type(['run', '--pipeline', file, '--name', name, '--detach']));
}

/** Waits until a status is as wanted; gives the last one. A command that nobody answers is typed again. */
export async function until(project: Project, name: string, wanted: (status: RunStatus) => boolean): Promise<RunStatus | null> {
  const deadline = performance.now() + REST_MS;
  let last: RunStatus | null = null;
  while (performance.now() < deadline) {
    const said = await project.type(['status', name, '--json']);
    if (said.code === 0) {
      last = JSON.parse(said.stdout) as RunStatus;
      if (wanted(last)) return last;
    }
    await delay(POLL_MS); // a run pushes nothing: it must be asked
  }
  return last;
}

/** How many tasks are done. */
export function doneIn({ tasks }: RunStatus): number {
  return tasks.filter(({ state }) => state === 'done').length;
}

/** Waits for the run's end without helping it, then judges what is left of it. */
export async function completed(project: Project, name: string, tasks: readonly DrawnTask[], typed = NO_COMMANDS): Promise<string[]> {
  const status = await until(project, name, ({ state }) => state !== 'running');
  if (status?.state !== 'completed') return [`${name} did not come to its end: ${JSON.stringify(status)}`];
  const ledger = await readLedger(project.root, name);
  if (ledger === null) return [`${name} has no ledger on disk`];
  const found = await wrongs(project.root, tasks, ledger, await asked(project, name), typed);
  return found.map((wrong) => `${name}: ${wrong}`);
}

/** The ledger that the workflow has; null for a project whose server only its own commands know. */
async function asked(project: Project, name: string): Promise<Ledger | null> {
  if (Object.keys(project.env).length > 0) return null;
  const link = await connectTemporal(project.root);
  try {
    return await queryLedger(link, name);
  } finally {
    await link.close();
  }
}

/** What is wrong with how a command ended: a Node stack, or another exit code than one of `codes`. */
export function badly(said: Said, line: string, codes: readonly number[]): string[] {
  if (/\n {4}at .+:\d+:\d+/.test(said.stderr)) return [`${line} ended with a stack: ${said.stderr.slice(0, 600)}`];
  if (said.code === null || !codes.includes(said.code)) return [`${line} ended with ${String(said.code)}: ${said.stderr.slice(0, 600)}`];
  return [];
}
