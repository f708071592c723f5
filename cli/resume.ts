/** `emo-aen resume`: let a paused run go on. */
import { action, command } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

export const resumeCommand = command('resume <run>', 'let a paused run go on').action(
  action(async (terminal, _options, [run = '']) => {
    await act(terminal, run, 'resume', { by: person() });
    terminal.answer({ run, accepted: 'resume' }, `run ${run} is going on`);
  }),
);
