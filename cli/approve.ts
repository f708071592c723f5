/** `emo-aen approve`: lets a task run that waits for a person's word. */
import { action, command, withExamples } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

export const approveCommand = command('approve <run> <task>', 'let a task run that waits for approval').action(
  action(async (terminal, _options, [run = '', task = '']) => {
    await act(terminal, run, 'approve', { task, by: person() });
    terminal.answer({ run, accepted: 'approve', task }, `${task} of run ${run} is approved and runs`);
  }),
);

withExamples(approveCommand, {
  'emo-aen status first': 'says which tasks wait for approval, and of what',
  'emo-aen approve first publish': 'for its settings and inputs as they are: where they change, it asks again',
});
