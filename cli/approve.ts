/** `emo-aen approve`: lets a task run that waits for a person's word. */
import { action, command } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

export const approveCommand = command('approve <run> <task>', 'let a task run that waits for approval').action(
  action(async (terminal, _options, [run = '', task = '']) => {
    await act(terminal, run, 'approve', { task, by: person() });
    terminal.answer({ run, accepted: 'approve', task }, `${task} of run ${run} is approved and runs`);
  }),
);
