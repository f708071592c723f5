/** `emo-aen run`: starts a run of a pipeline and follows it. */
import { DEFAULT_PIPELINE } from '../configs/default-pipeline.js';
import { action, command, EXIT } from './command.js';
import { withSetOption } from './pipeline-options.js';
import type { RunOptions } from './run/start.js';

export const runCommand = withSetOption(command('run', 'start a run of a pipeline and follow it'))
  .option('--pipeline <file>', `pipeline, relative to the project root (default: that of --from-run, else ${DEFAULT_PIPELINE})`)
  .option('--name <name>', 'of the run; default: the pipeline and a number')
  .option('--from-run <run>', 'reuse just what this run made, with its pipeline and changed settings')
  .option('--until <task>', 'do this task and what it depends on, nothing more')
  .option('--fresh', 'reuse nothing')
  .option('--detach', 'do not follow it')
  .action(
    action<RunOptions>(async (terminal, options) => {
      const { startAndFollow, startRun } = await import('./run/start.js');
      if (options.detach === true) {
        const run = await startRun(terminal, options);
        terminal.answer({ run }, `run ${run} has begun; emo-aen status ${run} --watch follows it`);
        return EXIT.done;
      }
      const followed = await startAndFollow(terminal, options);
      const { answerWith } = await import('./run/follow-terminal.js');
      answerWith(terminal, followed.run, followed);
      return followed.exitCode;
    }),
  );
