/** `emo-aen completion`: the lines that make a shell complete commands, options, runs, tasks and settings. */
import { Argument } from 'commander';
import { fileURLToPath } from 'node:url';
import { action, command } from './command.js';
import { SCRIPTS, type Shell } from './completion/scripts.js';

const PROGRAM = fileURLToPath(new URL('../../bin/emo-aen.cjs', import.meta.url));

export const completionCommand = command(
  'completion',
  'print the lines that make a shell complete emo-aen: source <(emo-aen completion bash)',
)
  .addArgument(new Argument('<shell>', 'that evaluates them').choices(Object.keys(SCRIPTS)))
  .action(
    action(async (terminal, _options, [shell = 'bash']) => {
      const script = SCRIPTS[shell as Shell](process.execPath, PROGRAM);
      terminal.answer({ shell, script }, script);
      return Promise.resolve();
    }),
  );
