/** `emo-aen status`: where a run stands, and `--watch` for as long as it goes on. */
import { observe } from '../workers/observe.js';
import { action, command } from './command.js';
import { describeRun } from './run/words.js';
import { whichRun } from './run/which.js';
import { READING_MS, withLink } from './server-link.js';

interface StatusOptions {
  readonly watch?: boolean;
}

export const statusCommand = command('status [run]', 'where a run stands; without a name, the one that started last')
  .option('--watch', 'follow it')
  .action(
    action<StatusOptions>(async (terminal, { watch }, [named]) => {
      const run = await whichRun(terminal.root, named);
      if (watch === true) {
        const { answerWith, watchInTerminal } = await import('./run/follow-terminal.js');
        const followed = await watchInTerminal(terminal, run);
        answerWith(terminal, run, followed);
        return followed.exitCode;
      }
      const status = await withLink(terminal.root, (link) => observe(terminal.root, run, link), READING_MS);
      terminal.answer(status, describeRun(status));
      return;
    }),
  );
