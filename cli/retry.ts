/** `emo-aen retry`: goes on with a blocked run, or runs tasks again, with settings as they are now. */
import { parseOverrides } from '../configs/load/overrides.js';
import type { TasksAnswer } from '../workflows/messages.js';
import { action, command, withExamples } from './command.js';
import { withStageOption, type ChoiceOptions } from './choice.js';
import { withSetOption } from './pipeline-options.js';
import { answerWith, followInTerminal } from './run/follow-terminal.js';
import { ledgerOfOpen, retryRequest } from './run/retry-request.js';
import { insistOnOpen, sendUpdate } from './run/update.js';
import { ensureUp, withLink } from './server-link.js';

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
        const ledger = await ledgerOfOpen(terminal.root, run, linked);
        const { request, notes } = await retryRequest(terminal.root, ledger, { tasks, stage: stage ?? null }, overrides);
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

withExamples(retryCommand, {
  'emo-aen retry first': 'all that is blocked',
  'emo-aen retry first --set train.loop.pairs=8': 'with a changed setting',
  'emo-aen retry first train': 'this, also where it is done, and what depends on it where it comes out other',
  'emo-aen plan --retry first train': 'says beforehand what that would do',
});
