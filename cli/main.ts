/** The command line: finds the command that was typed and loads just that, so that `status` does not wait for what `run` needs. */
import { Command, CommanderError } from 'commander';
import { nearest } from '../configs/load/nearest.js';
import { EXIT } from './command.js';

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.js')).runCommand,
  status: async () => (await import('./status.js')).statusCommand,
  runs: async () => (await import('./runs.js')).runsCommand,
  logs: async () => (await import('./logs.js')).logsCommand,
  retry: async () => (await import('./retry.js')).retryCommand,
  skip: async () => (await import('./skip.js')).skipCommand,
  approve: async () => (await import('./approve.js')).approveCommand,
  until: async () => (await import('./until.js')).untilCommand,
  pause: async () => (await import('./pause.js')).pauseCommand,
  resume: async () => (await import('./resume.js')).resumeCommand,
  cancel: async () => (await import('./cancel.js')).cancelCommand,
  plan: async () => (await import('./plan.js')).planCommand,
  checklist: async () => (await import('./checklist.js')).checklistCommand,
  rank: async () => (await import('./rank.js')).rankCommand,
  quickstart: async () => (await import('./quickstart.js')).quickstartCommand,
  validate: async () => (await import('./validate.js')).validateCommand,
  graph: async () => (await import('./graph.js')).graphCommand,
  schema: async () => (await import('./schema.js')).schemaCommand,
  sample: async () => (await import('./sample.js')).sampleCommand,
  splits: async () => (await import('./splits.js')).splitsCommand,
  audit: async () => (await import('./audit.js')).auditCommand,
  up: async () => (await import('./up.js')).upCommand,
  down: async () => (await import('./down.js')).downCommand,
  server: async () => (await import('./server.js')).serverCommand,
  worker: async () => (await import('./worker.js')).workerCommand,
  doctor: async () => (await import('./doctor.js')).doctorCommand,
};

const [, , typed] = process.argv;
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

function refuse(name: string): void {
  const close = nearest(name, Object.keys(COMMANDS));
  const cure = close === null ? 'emo-aen --help lists the commands' : `did you mean ${close}?`;
  process.stderr.write(`error: there is no command ${name}\n  cure: ${cure}\n`);
  process.exitCode = EXIT.usage;
}
