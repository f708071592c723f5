/** Whether every artifact that a task reads comes from exactly one task before it. */
import { CATALOG } from '../schema/catalog.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { DraftTask } from './draft.js';

/** Checks tasks in their order; what hangs on a task that is itself in doubt is left out, since it would only repeat that fault. */
export function checkArtifacts(order: readonly DraftTask[], declared: readonly DraftTask[], found: Diagnostics): void {
  const names = new Set(declared.map(({ name }) => name));
  const places = new Map(order.map(({ name }, index) => [name, index]));
  const providers = providersOf(order);
  // Sets of tasks as bits: a thousand tasks deep, this is what keeps the check quick.
  const before: bigint[] = [];
  const sound: boolean[] = [];
  order.forEach((task, index) => {
    const needs = task.needs.map(({ text }) => places.get(text)).filter((place) => place !== undefined);
    before[index] = needs.reduce((bits, need) => bits | (before[need] ?? 0n) | (1n << BigInt(need)), 0n);
    sound[index] = task.activity !== null && task.needs.every(({ text }) => names.has(text)) && needs.every((need) => sound[need] === true);
    if (sound[index]) checkReads(task, before[index] ?? 0n, providers, order, found);
  });
}

function checkReads(
  task: DraftTask,
  before: bigint,
  providers: ReadonlyMap<string, readonly number[]>,
  order: readonly DraftTask[],
  found: Diagnostics,
): void {
  if (task.activity === null) return;
  for (const artifact of CATALOG[task.activity].reads) {
    const all = providers.get(artifact) ?? [];
    const among = all.filter((place) => ((before >> BigInt(place)) & 1n) === 1n).map((place) => order[place]?.name ?? '');
    const path = ['tasks', task.name];
    if (among.length === 0) {
      const message = `${quoted(task.name)} reads the artifact ${quoted(artifact)}, which no task that it needs provides`;
      found.add(task.span, path, message, {
        help: cureFor(
          artifact,
          task.name,
          all.map((place) => order[place]?.name ?? ''),
        ),
      });
    }
    if (among.length > 1) {
      const message = `${quoted(task.name)} reads the artifact ${quoted(artifact)}, which ${among.map(quoted).join(' and ')} provide`;
      found.add(task.span, path, message, { help: 'let it need only one of them, directly or through others' });
    }
  }
}

function cureFor(artifact: string, task: string, others: readonly string[]): string {
  const other = others.find((name) => name !== task);
  if (other !== undefined) return `add ${quoted(other)} to its \`needs\``;
  const activity = Object.entries(CATALOG).find(([, { provides }]: [string, { provides: readonly string[] }]) =>
    provides.includes(artifact),
  );
  return activity === undefined ? 'no activity provides it' : `add a task with \`uses: ${activity[0]}\` and need it`;
}

function providersOf(order: readonly DraftTask[]): Map<string, number[]> {
  const providers = new Map<string, number[]>();
  order.forEach(({ activity }, place) => {
    for (const artifact of activity === null ? [] : CATALOG[activity].provides) {
      const places = providers.get(artifact);
      if (places === undefined) providers.set(artifact, [place]);
      else places.push(place);
    }
  });
  return providers;
}
