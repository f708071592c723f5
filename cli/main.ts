/** The command line: finds the command that was typed and loads just that, so that `status` does not wait for what `run` needs. */
import { Command, CommanderError } from 'commander';
import { nearest } from '../configs/load/nearest.js';
import { EXIT } from './command.js';
import { COMMANDS } from './commands.js';
import { COMPLETE } from './completion/scripts.js';
import { watchOutput } from './output.js';

watchOutput();
const [, , typed, ...words] = process.argv;
if (typed === COMPLETE) await (await import('./completion/answer.js')).answerShell(words);
else await carryOut();

async function carryOut(): Promise<void> {
  const program = new Command('emo-aen')
    .description('trains, evaluates, exports and audits a model that ranks photos, as one durable run')
    .showHelpAfterError('(emo-aen --help lists the commands)')
    .exitOverride();

  const load = typed === undefined ? undefined : COMMANDS[typed];
  for (const command of load === undefined ? await Promise.all(Object.values(COMMANDS).map((each) => each())) : [await load()]) {
    program.addCommand(command.copyInheritedSettings(program));
  }

  try {
    if (typed !== undefined && load === undefined && !typed.startsWith('-') && typed !== 'help') refuse(typed);
    else await program.parseAsync(process.argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what it is; help and version end well, everything else is wrong usage.
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

function refuse(name: string): void {
  const close = nearest(name, Object.keys(COMMANDS));
  const cure = close === null ? 'emo-aen --help lists the commands' : `did you mean ${close}?`;
  process.stderr.write(`error: there is no command ${name}\n  cure: ${cure}\n`);
  process.exitCode = EXIT.usage;
}
