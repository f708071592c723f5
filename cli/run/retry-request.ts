/** What `retry` asks of a run, from the words typed: by `emo-aen retry` to send it, by `emo-aen plan --retry` to foresee it. */
import { projectCatalog } from '../../activities/own/catalog.js';
import { compilePlan } from '../../configs/load/compile.js';
import { Problem } from '../../configs/problem.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import type { Override } from '../../configs/schema/plan.js';
import { observe, queryLedger } from '../../workers/observe.js';
import type { Choice, RetryRequest } from '../../workflows/messages.js';
import { retriedTasks } from '../../workflows/refusals.js';
import { person } from '../person.js';
import type { Linked } from '../server-link.js';
import { insistOnRead, retryChanges } from './changes.js';
import { insistOnTask } from './which.js';

/** The ledger as the workflow has it now. @throws Problem NOT_FOUND, or UNREACHABLE where no worker answers. */
export async function ledgerOfOpen(root: string, run: string, linked: Linked): Promise<Ledger> {
  const ledger = await queryLedger(await linked(), run);
  if (ledger !== null) return ledger;
  await observe(root, run, linked); // tells what there is to tell of a run that is not there
  throw nobodyAnswers(run);
}

export function nobodyAnswers(run: string): Problem {
  return new Problem({ code: 'UNREACHABLE', message: `no worker answers for run ${run}`, cure: 'emo-aen up' });
}

/**
 * The request, with the settings files as they are now and `overrides` after those of the run; `notes` say what that changes.
 * @throws Problem USAGE for a task that is none or an override that nothing reads, CONFIGURATION for settings that are wrong now.
 */
export async function retryRequest(
  root: string,
  ledger: Ledger,
  choice: Choice,
  overrides: readonly Override[],
): Promise<{ request: RetryRequest; notes: readonly string[] }> {
  for (const task of choice.tasks) insistOnTask(ledger, task);
  const earlier = ledger.events.flatMap((event) => event.overrides);
  const catalog = await projectCatalog(root);
  const before = await compilePlan(root, ledger.file, earlier, catalog);
  const now = overrides.length === 0 ? before : await compilePlan(root, ledger.file, [...earlier, ...overrides], catalog);
  const names = new Set(retriedTasks(ledger, choice).map(({ plan }) => plan.name));
  insistOnRead(ledger, overrides, names, now);
  const { plan, notes } = retryChanges(ledger, names, now, before);
  return { request: { ...choice, plan, overrides, by: person() }, notes };
}
