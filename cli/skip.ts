/** `emo-aen skip`: does without a task. Skipped is not done: what needs it does not run. */
import { action, command } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

interface SkipOptions {
  readonly reason: string;
}

export const skipCommand = command('skip <run> <task>', 'do without a task that is blocked or waits; what needs it does not run')
  .requiredOption('--reason <text>', 'why, for the record')
  .action(
    action<SkipOptions>(async (terminal, { reason }, [run = '', task = '']) => {
      await act(terminal, run, 'skip', { task, reason, by: person() });
      terminal.answer({ run, accepted: 'skip', task }, `${task} of run ${run} is skipped; emo-aen retry ${run} ${task} undoes that`);
    }),
  );
