/** `emo-aen server`: the embedded Temporal server in this terminal. */
import { serveInForeground } from '../workers/foreground.js';
import { action, command, EXIT } from './command.js';

export const serverCommand = command('server', 'run the embedded Temporal server in this terminal until it is interrupted').action(
  action(async (terminal) => {
    const ended = await serveInForeground(terminal.root, ({ address }) => {
      terminal.note(`Temporal server at ${address}; Ctrl-C ends it`);
    });
    terminal.answer({ exitCode: ended }, 'the server has ended');
    return ended === 0 || ended === null ? EXIT.done : EXIT.failed;
  }),
);
