/**
 * Whether the ledger's record of a task agrees with itself. A fingerprint is a sha256 over the activity's name and version (and code, where it is the project's own), its settings
 * and the digests of what it read; the workflow wrote it before the task began (workflows/fingerprint.ts). It is computed again here from
 * the rest of the ledger: who edits a setting, an artifact's digest or a state in `ledger.json` by hand leaves a fingerprint that does not fit,
 * of the task itself or of one that read its artifacts.
 */
import { canonicalHash } from '../../configs/load/canonical.js';
import type { Ledger, LedgerTask } from '../../configs/schema/ledger.js';
import type { Artifact } from '../../configs/schema/payload.js';
import { short } from './words.js';

/** States in which a fingerprint stands for what was read. */
const SETTLED: ReadonlySet<LedgerTask['state']> = new Set(['done', 'reused']);

/** A sentence for each record that does not fit, of `task` and of the tasks that read what it made. */
export function recordFaults(ledger: Ledger, task: LedgerTask): string[] {
  const made = new Set(task.output?.artifacts.map(({ name }) => name) ?? []);
  const readers = ledger.tasks.filter(
    ({ plan, state }) =>
      SETTLED.has(state) &&
      (plan.reads.some((name) => made.has(name)) || plan.references.some((reference) => reference.task === task.plan.name)),
  );
  return [task, ...readers].flatMap(({ plan, fingerprint }) => {
    const given = fingerprintOf(ledger, plan);
    if (fingerprint === given) return [];
    const recorded = fingerprint === null ? 'it has no fingerprint' : `its fingerprint is ${short(fingerprint)}`;
    return [
      `runs/${ledger.run}/ledger.json was edited: of task ${plan.name} ${recorded}, its settings and inputs give ${short(given)}; put it back, or run again`,
    ];
  });
}

function fingerprintOf(ledger: Ledger, plan: LedgerTask['plan']): string {
  const { uses, version, code, settings = null } = plan;
  return canonicalHash({ uses, version, ...(code === null ? {} : { code }), settings, inputs: inputsOf(ledger, plan) });
}

/** sha256 by name of what the task read. */
function inputsOf({ tasks }: Ledger, { name, reads, references }: LedgerTask['plan']): Record<string, string> {
  const before = ancestorsOf(tasks, name);
  const known = new Map<string, Artifact>();
  for (const { plan, output } of tasks)
    if (before.has(plan.name)) for (const artifact of output?.artifacts ?? []) known.set(artifact.name, artifact);
  const referred = references.flatMap(({ task, output }) => {
    const found = tasks.find(({ plan }) => plan.name === task)?.output?.artifacts.find((artifact) => artifact.name === output);
    return found === undefined ? [] : [[`tasks.${task}.outputs.${output}`, found.sha256] as const];
  });
  const read = reads.flatMap((artifact) => {
    const found = known.get(artifact);
    return found === undefined ? [] : [[artifact, found.sha256] as const];
  });
  return Object.fromEntries([...read, ...referred]);
}

/** Names of the tasks that one depends on. Tasks stand in an order in which each comes after those it needs. */
function ancestorsOf(tasks: Ledger['tasks'], name: string): Set<string> {
  const found = new Set<string>([name]);
  for (const { plan } of tasks.toReversed()) if (found.has(plan.name)) for (const need of plan.needs) found.add(need);
  found.delete(name);
  return found;
}
