/** `emo-aen approve`: lets a task run that waits for a person's word. */
import type { ApproveAnswer } from '../workflows/messages.js';
import { action, command, withExamples } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

export const approveCommand = command('approve <run> <task>', 'let a task run that waits for approval').action(
  action(async (terminal, _options, [run = '', task = '']) => {
    const { paused } = await act<ApproveAnswer>(terminal, run, 'approve', { task, by: person() });
    const then = paused ? `; it starts once the paused run goes on: emo-aen resume ${run}` : ' and starts';
    terminal.answer({ run, accepted: 'approve', task, paused }, `${task} of run ${run} is approved${then}`);
  }),
);

withExamples(approveCommand, {
  'emo-aen status first': 'says which tasks wait for approval, and of what',
  'emo-aen approve first publish': 'for its settings and inputs as they are: where they change, it asks again',
});
