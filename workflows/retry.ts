/** What a retry does to the ledger. Pure. */
import type { Ledger, LedgerTask } from '../configs/schema/ledger.js';
import type { PlannedTask } from '../configs/schema/plan.js';
import { settingsChanges } from './decide.js';
import { dependants } from './graph.js';
import { awaitsApproval, waitsFor } from './ledger.js';
import type { RetryRequest } from './messages.js';
import { retriedTasks } from './refusals.js';

export interface Retried {
  readonly ledger: Ledger;
  /** The tasks that wait again, in the plan's order. */
  readonly reset: readonly string[];
  /** Those of them that had a result and run again all the same, since a person named them. */
  readonly forced: ReadonlySet<string>;
  /** Why, for the tasks that the request itself is about. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
}

/**
 * Sets the named (or all blocked) tasks, those with new settings and all that depend on them back to waiting. A dependant that
 * turns out to have the same fingerprint as before takes its former result back.
 */
export function applyRetry(ledger: Ledger, request: RetryRequest, at: string): Retried {
  const replaced = new Map(request.plan.map((task) => [task.name, task]));
  const named = new Set(retriedTasks(ledger, request).map((task) => task.plan.name));
  const direct = new Set([...named, ...replaced.keys()]);
  const later = dependants(
    ledger.tasks.map((task) => task.plan),
    direct,
  );
  const reset: string[] = [];
  const forced = new Set<string>();
  const reasons = new Map<string, readonly string[]>();
  const tasks = ledger.tasks.map((task) => {
    const { name } = task.plan;
    const plan = replaced.get(name) ?? task.plan;
    if (named.has(name) && task.output !== null) forced.add(name);
    if (named.has(name) || (replaced.has(name) && task.state !== 'waiting')) reasons.set(name, reasonsFor(task, plan, named, request.by));
    if (!direct.has(name) && !(later.has(name) && task.state !== 'skipped')) return task;
    if (task.state === 'waiting') return stillWaiting(task, plan);
    reset.push(name);
    return waiting(task, plan);
  });
  const event = { at, by: request.by, action: 'retry' as const, tasks: [...named], overrides: [...request.overrides], reason: null };
  return { ledger: { ...ledger, tasks, events: [...ledger.events, event] }, reset, forced, reasons };
}

function reasonsFor(task: LedgerTask, plan: PlannedTask, named: ReadonlySet<string>, by: string): string[] {
  const changes = settingsChanges(task.plan.settings, plan.settings, plan.kind ?? '');
  return [
    ...(named.has(plan.name) ? [`retried by ${by}`] : []),
    ...(changes.length > 0 ? [`settings changed: ${changes.join(', ')}`] : []),
  ];
}

/** A gate that was reached is reached again, with whatever its inputs are then. */
function stillWaiting(task: LedgerTask, plan: PlannedTask): LedgerTask {
  return { ...task, plan, fingerprint: null, reason: awaitsApproval(task) ? waitsFor(plan.needs) : task.reason };
}

function waiting(task: LedgerTask, plan: PlannedTask): LedgerTask {
  return {
    ...task,
    plan,
    state: 'waiting',
    reason: waitsFor(plan.needs),
    fingerprint: null,
    startedAt: null,
    endedAt: null,
    failure: null,
    output: null,
    fromRun: null,
  };
}
