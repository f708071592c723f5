/** `emo-aen down`: ends the workers, which save their work first, then the embedded server. */
import { bringDown } from '../workers/up.js';
import { action, command } from './command.js';

export const downCommand = command('down', 'end the workers and the embedded Temporal server, within 10 s and without losing work').action(
  action(async (terminal) => {
    const down = await bringDown(terminal.root, (text) => terminal.note(text));
    const lines = down.processes.map(({ name, pid, ended }) => {
      const kept = name === 'server' ? 'its history is kept' : 'its tasks go on from what they last saved';
      return `${name.padEnd(6)}  pid ${pid} ended${ended === 'hard' ? ` hard, having taken too long; ${kept}` : ''}`;
    });
    terminal.answer(down, lines.length === 0 ? 'nothing was running' : lines.join('\n'));
  }),
);
