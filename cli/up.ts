/** `emo-aen up`: starts what is not running of the embedded Temporal server and the two workers. */
import { bringUp, type Brought } from '../workers/up.js';
import { action, command } from './command.js';

interface UpOptions {
  readonly ui?: boolean;
}

export const upCommand = command('up', 'start the Temporal server and the workers that are not running yet')
  .option('--ui', "also start Temporal's Web UI, and the decoder that shows sealed payloads there")
  .action(
    action<UpOptions>(async (terminal, { ui = false }) => {
      const brought = await bringUp(terminal.root, (text) => terminal.note(text), ui);
      terminal.answer(brought, describeBrought(brought));
    }),
  );

/** A line for each process, and where to look. */
export function describeBrought({ address, namespace, embedded, uiUrl, codecEndpoint, processes }: Brought): string {
  const lines = processes.map(({ name, pid, started, log }) => {
    const place = log === null ? 'in a terminal' : `log ${log}`;
    return `${name.padEnd(6)}  ${started ? 'started' : 'was running'}, pid ${pid}, ${place}`;
  });
  const server = embedded ? `embedded server at ${address}` : `your server at ${address}, namespace ${namespace}`;
  const ui = uiUrl === null ? [] : [`Web UI: ${uiUrl}`];
  const codec =
    codecEndpoint === null
      ? []
      : [`to read settings and results there, set this codec endpoint (the glasses at its top): ${codecEndpoint}`];
  return [...lines, `Temporal: ${server}`, ...ui, ...codec, 'emo-aen down ends them.'].join('\n');
}
