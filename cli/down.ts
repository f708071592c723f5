/** `emo-aen down`: ends the workers, which save their work first, then the embedded server. */
import { bringDown } from '../workers/up.js';
import { action, command } from './command.js';

export const downCommand = command('down', 'end the workers and the embedded Temporal server, within 10 s and without losing work').action(
  action(async (terminal) => {
    const down = await bringDown(terminal.root, (text) => terminal.note(text));
    const lines = down.processes.map(({ name, pid, ended }) => {
      const how = ended === 'hard' ? 'ended hard: it did not end in time; its task goes on from its last checkpoint' : 'ended';
      return `${name.padEnd(6)}  pid ${pid} ${how}`;
    });
    terminal.answer(down, lines.length === 0 ? 'nothing was running' : lines.join('\n'));
  }),
);
