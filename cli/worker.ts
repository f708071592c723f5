/** `emo-aen worker cpu|gpu`: one worker in this terminal. */
import { Problem } from '../configs/problem.js';
import { Queue } from '../configs/schema/pipeline.js';
import { workInForeground } from '../workers/foreground.js';
import { action, command, EXIT } from './command.js';

export const workerCommand = command('worker <kind>', 'run the cpu or the gpu worker in this terminal until it is interrupted').action(
  action(async (terminal, _options, [kind]) => {
    const queue = Queue.safeParse(kind);
    if (!queue.success) throw new Problem({ code: 'USAGE', message: `"${kind}" is no kind of worker`, cure: 'emo-aen worker cpu, or gpu' });
    terminal.note(`${queue.data} worker; Ctrl-C ends it once its tasks have saved their work`);
    const ended = await workInForeground(terminal.root, queue.data);
    terminal.answer({ exitCode: ended }, 'the worker has ended');
    return ended === 0 || ended === null ? EXIT.done : EXIT.failed;
  }),
);
