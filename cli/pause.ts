/** `emo-aen pause`: let nothing new start in a run; what runs runs on. */
import { action, command } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

export const pauseCommand = command('pause <run>', 'let nothing new start in a run; what runs runs on').action(
  action(async (terminal, _options, [run = '']) => {
    await act(terminal, run, 'pause', { by: person() });
    terminal.answer({ run, accepted: 'pause' }, `run ${run} is paused`);
  }),
);
