/** `emo-aen up`: starts what is not running of the embedded Temporal server and the two workers. */
import { bringUp, type Brought } from '../workers/up.js';
import { action, command } from './command.js';

export const upCommand = command('up', 'start the Temporal server and the workers that are not running yet').action(
  action(async (terminal) => {
    const brought = await bringUp(terminal.root, (text) => terminal.note(text));
    terminal.answer(brought, describeBrought(brought));
  }),
);

/** A line for each process, and where to look. */
export function describeBrought({ address, namespace, embedded, uiUrl, processes }: Brought): string {
  const lines = processes.map(({ name, pid, started, log }) => {
    const place = log === null ? 'in a terminal' : `log ${log}`;
    return `${name.padEnd(6)}  ${started ? 'started' : 'was running'}, pid ${pid}, ${place}`;
  });
  const server = embedded ? `embedded server at ${address}` : `your server at ${address}, namespace ${namespace}`;
  return [...lines, `Temporal: ${server}`, ...(uiUrl === null ? [] : [`Web UI: ${uiUrl}`]), 'emo-aen down ends them.'].join('\n');
}
