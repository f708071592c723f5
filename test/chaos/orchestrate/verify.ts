/** What must be true of a run whatever happened to it. Pure but for reading the files that the ledger names. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Ledger } from '../../../configs/schema/ledger.js';
import { hashFile } from '../../../ml/files/atomic.js';
import type { DrawnTask } from './story.js';

const Line = z.object({ task: z.string(), attempt: z.int(), event: z.enum(['begin', 'fail', 'end']), pid: z.int() });
type Line = z.infer<typeof Line>;
const Made = z.object({ task: z.string(), from: z.record(z.string(), z.string().nullable()), made: z.string() });

/** What commands that were typed came to, by kind of event: a command that was killed may have been carried out or not. */
export interface Typed {
  readonly accepted: Readonly<Record<string, number>>;
  readonly unknown: Readonly<Record<string, number>>;
}

/** Everything that is wrong, in words; empty where nothing is. */
export async function wrongs(
  root: string,
  tasks: readonly DrawnTask[],
  ledger: Ledger,
  asked: Ledger | null,
  typed: Typed,
): Promise<string[]> {
  const journal = readJournal(await readFile(join(root, 'journal', `${ledger.run}.jsonl`), 'utf8'));
  return [
    ...outOfOrder(journal, tasks, ledger),
    ...twiceAtOnce(journal),
    ...lost(tasks, ledger),
    ...(await filesUnlike(root, tasks, ledger)),
    ...(asked === null || isDeepStrictEqual(ledger, asked) ? [] : ['the file holds another ledger than the workflow']),
    ...miscounted(ledger, typed),
  ];
}

/** A line that a kill cut short is left out. */
function readJournal(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [Line.parse(JSON.parse(line))];
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
}

/** No task ran whose needs were not met. */
function outOfOrder(journal: readonly Line[], tasks: readonly DrawnTask[], ledger: Ledger): string[] {
  const skipped = new Set(ledger.events.filter(({ action }) => action === 'skip').flatMap((event) => event.tasks));
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const ended = new Set<string>();
  const found: string[] = [];
  for (const { task, event } of journal) {
    if (event === 'end') ended.add(task);
    if (event !== 'begin') continue;
    for (const need of byName.get(task)?.needs ?? []) {
      const mayLack = byName.get(need)?.optional === true && skipped.has(need);
      if (!ended.has(need) && !mayLack) found.push(`${task} began before ${need} had ended`);
    }
  }
  return found;
}

/** No attempt ended after a later one had begun: two never ran at once. */
function twiceAtOnce(journal: readonly Line[]): string[] {
  const latest = new Map<string, Line>();
  return journal.flatMap((line) => {
    const begun = latest.get(line.task);
    if (line.event === 'begin') latest.set(line.task, line);
    else if (begun?.attempt !== line.attempt || begun.pid !== line.pid) return [`two attempts of ${line.task} ran at once`];
    return [];
  });
}

/** Every task is there once, and settled. */
function lost(tasks: readonly DrawnTask[], ledger: Ledger): string[] {
  const names = (list: readonly string[]): string => [...list].sort().join();
  const found: string[] = [];
  if (names(tasks.map(({ name }) => name)) !== names(ledger.tasks.map(({ plan }) => plan.name))) found.push('the ledger has other tasks');
  if (ledger.state !== 'completed') found.push(`the run is ${ledger.state}`);
  const skipped = new Set(ledger.events.filter(({ action }) => action === 'skip').flatMap((event) => event.tasks));
  for (const { plan, state, output, attempts } of ledger.tasks) {
    if (state === 'skipped' && !skipped.has(plan.name)) found.push(`${plan.name} is skipped, and nobody skipped it`);
    if (state !== 'done' && state !== 'skipped') found.push(`${plan.name} is ${state} at the end`);
    if (state === 'done' && (output === null || attempts < 1)) found.push(`${plan.name} is done without output or attempt`);
    if (state === 'skipped' && output !== null) found.push(`${plan.name} is skipped and has an output`);
  }
  return found;
}

/** Files are what the ledger says, and each was made from what its needs made last. */
async function filesUnlike(root: string, tasks: readonly DrawnTask[], ledger: Ledger): Promise<string[]> {
  const digests = new Map(ledger.tasks.map(({ plan, output }) => [plan.name, output?.artifacts[0]?.sha256 ?? null]));
  const optional = new Set(tasks.filter((task) => task.optional).map(({ name }) => name));
  const found: string[] = [];
  for (const { plan, output } of ledger.tasks) {
    const [artifact] = output?.artifacts ?? [];
    if (artifact === undefined) continue;
    const path = join(root, artifact.path);
    if ((await hashFile(path)).sha256 !== artifact.sha256) found.push(`${artifact.path} is not what the ledger says`);
    const { from } = Made.parse(JSON.parse(await readFile(path, 'utf8')));
    for (const need of plan.needs.filter((name) => !optional.has(name)))
      if (from[need] !== digests.get(need)) found.push(`${plan.name} was made from another ${need} than the last`);
  }
  return found;
}

/** Each command that was accepted is in the ledger once. */
function miscounted(ledger: Ledger, { accepted, unknown }: Typed): string[] {
  return ['retry', 'skip', 'pause', 'resume', 'approve'].flatMap((action) => {
    const found = ledger.events.filter((event) => event.action === action).length;
    const least = accepted[action] ?? 0;
    const most = least + (unknown[action] ?? 0);
    return found >= least && found <= most ? [] : [`${found} times ${action} in the ledger, but ${least} to ${most} were accepted`];
  });
}
