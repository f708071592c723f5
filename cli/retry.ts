/** `emo-aen retry`: goes on with a blocked run, or runs a task again, with settings as they are now. */
import { compilePlan } from '../configs/load/compile.js';
import { parseOverrides } from '../configs/load/overrides.js';
import { Problem } from '../configs/problem.js';
import type { Ledger } from '../configs/schema/ledger.js';
import type { Override } from '../configs/schema/plan.js';
import { observe, queryLedger } from '../workers/observe.js';
import type { RetryAnswer, RetryRequest } from '../workflows/messages.js';
import { action, command } from './command.js';
import { person } from './person.js';
import { withSetOption } from './pipeline-options.js';
import { insistOnRead, retryChanges } from './run/changes.js';
import { insistOnTask } from './run/which.js';
import { answerWith, followInTerminal } from './run/follow-terminal.js';
import { insistOnOpen, sendUpdate } from './run/update.js';
import { ensureUp, withLink, type Linked } from './server-link.js';

interface RetryOptions {
  readonly set: readonly string[];
  readonly follow?: boolean;
}

export const retryCommand = withSetOption(
  command('retry <run> [task]', 'run what is blocked, or one task, again; settings as they are now'),
)
  .option('--follow', 'follow the run then')
  .action(
    action<RetryOptions>(async (terminal, { set, follow }, [run = '', task]) => {
      const overrides = parseOverrides(set);
      await insistOnOpen(terminal.root, run);
      await ensureUp(terminal);
      const answer = await withLink(terminal.root, async (linked) => {
        const ledger = await openLedger(terminal.root, run, linked);
        const { request, notes } = await requestFor(terminal.root, ledger, task, overrides);
        const accepted = await sendUpdate<RetryAnswer>(terminal.root, await linked(), run, 'retry', request);
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
  task: string | undefined,
  overrides: readonly Override[],
): Promise<{ request: RetryRequest; notes: readonly string[] }> {
  if (task !== undefined) insistOnTask(ledger, task);
  const tasks = task === undefined ? [] : [task];
  const earlier = ledger.events.flatMap((event) => event.overrides);
  const before = await compilePlan(root, ledger.file, earlier);
  const now = overrides.length === 0 ? before : await compilePlan(root, ledger.file, [...earlier, ...overrides]);
  const retried = ledger.tasks
    .filter(({ plan, state }) => (task === undefined ? state === 'blocked' : plan.name === task))
    .map(({ plan }) => plan);
  const names = new Set(retried.map(({ name }) => name));
  insistOnRead(ledger, overrides, names, now);
  const { plan, notes } = retryChanges(ledger, names, now, before);
  return { request: { tasks, plan, overrides, by: person() }, notes };
}
