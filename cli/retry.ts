/** `emo-aen retry`: goes on with a blocked run, or runs tasks again, with settings as they are now. */
import { projectCatalog } from '../activities/own/catalog.js';
import { compilePlan } from '../configs/load/compile.js';
import { parseOverrides } from '../configs/load/overrides.js';
import { Problem } from '../configs/problem.js';
import type { Ledger } from '../configs/schema/ledger.js';
import type { Override } from '../configs/schema/plan.js';
import { observe, queryLedger } from '../workers/observe.js';
import type { Choice, RetryRequest, TasksAnswer } from '../workflows/messages.js';
import { retriedTasks } from '../workflows/refusals.js';
import { action, command } from './command.js';
import { withStageOption, type ChoiceOptions } from './choice.js';
import { person } from './person.js';
import { withSetOption } from './pipeline-options.js';
import { insistOnRead, retryChanges } from './run/changes.js';
import { insistOnTask } from './run/which.js';
import { answerWith, followInTerminal } from './run/follow-terminal.js';
import { insistOnOpen, sendUpdate } from './run/update.js';
import { ensureUp, withLink, type Linked } from './server-link.js';

interface RetryOptions extends ChoiceOptions {
  readonly set: readonly string[];
  readonly follow?: boolean;
}

export const retryCommand = withSetOption(
  withStageOption(
    command('retry <run> [tasks...]', 'run what is blocked, or the tasks named, again; settings as they are now'),
    'what is blocked or skipped in this stage, or all of it where nothing is',
  ),
)
  .option('--follow', 'follow the run then')
  .action(
    action<RetryOptions>(async (terminal, { set, stage, follow }, [run = '', ...tasks]) => {
      const overrides = parseOverrides(set);
      await insistOnOpen(terminal.root, run);
      await ensureUp(terminal);
      const answer = await withLink(terminal.root, async (linked) => {
        const ledger = await openLedger(terminal.root, run, linked);
        const { request, notes } = await requestFor(terminal.root, ledger, { tasks, stage: stage ?? null }, overrides);
        const accepted = await sendUpdate<TasksAnswer>(terminal.root, await linked(), run, 'retry', request);
        notes.forEach(terminal.note);
        return accepted;
      });
      if (follow !== true) {
        terminal.answer({ run, accepted: 'retry', tasks: answer.tasks }, `run ${run} goes on with ${answer.tasks.join(', ')}`);
        return;
      }
      const followed = await followInTerminal(terminal, run);
      answerWith(terminal, run, followed);
      return followed.exitCode;
    }),
  );

async function openLedger(root: string, run: string, linked: Linked): Promise<Ledger> {
  const ledger = await queryLedger(await linked(), run);
  if (ledger !== null) return ledger;
  await observe(root, run, linked); // tells what there is to tell of a run that is not there
  throw new Problem({ code: 'UNREACHABLE', message: `no worker answers for run ${run}`, cure: 'emo-aen up' });
}

async function requestFor(
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
