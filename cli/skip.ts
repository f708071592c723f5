/**
 * `emo-aen skip`: does without tasks. Skipped is not done: what needs one does not run, unless it is declared optional. A running task is
 * stopped first, also while it waits for its next try.
 */
import type { TasksAnswer } from '../workflows/messages.js';
import { withStageOption, type ChoiceOptions } from './choice.js';
import { action, command, withExamples } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

interface SkipOptions extends ChoiceOptions {
  readonly reason: string;
}

export const skipCommand = withStageOption(
  command(
    'skip <run> [tasks...]',
    'do without tasks that are blocked, wait or run; what needs them runs only where they are declared optional',
  ),
  'all that is blocked or waits in this stage',
)
  .requiredOption('--reason <text>', 'why, for the record')
  .action(
    action<SkipOptions>(async (terminal, { reason, stage = null }, [run = '', ...named]) => {
      const { tasks } = await act<TasksAnswer>(terminal, run, 'skip', { tasks: named, stage, reason, by: person() });
      const names = tasks.join(', ');
      const undo = `emo-aen retry ${run} ${tasks.join(' ')} undoes that`;
      terminal.answer({ run, accepted: 'skip', tasks }, `${names} of run ${run} ${tasks.length === 1 ? 'is' : 'are'} skipped; ${undo}`);
    }),
  );

withExamples(skipCommand, {
  "emo-aen skip first archive-logs --reason 'no network'": 'the checklist says that it was skipped',
  "emo-aen skip first --stage 7 --reason 'a trial'": 'all of the stage that is blocked or waits',
});
