/** `npm run bench -- train`: us and the peers in turn, in one run (design §3). Progress on stderr, the result on stdout. */
import { cpus, loadavg, totalmem } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { table, type Report } from './report.js';
import { benchTrain, LIMITS, PARTS, type TrainOptions } from './train/train.js';

const WRONG_USAGE = 2;
/** Load from which on others take part in what is measured. */
const BUSY = 0.5;

const train = new Command('train')
  .description('a whole training step of ours, Keras and PyTorch; what an epoch costs beyond its steps; photos into the cache')
  .option('--json', 'print one JSON document on stdout')
  .option('--rounds <n>', 'fresh processes of each', wholeNumber, 3)
  .option('--steps <n>', 'timed steps of each process', wholeNumber, 10)
  .option('--photos <dir>', 'a folder of photos to pack into the cache, instead of made ones')
  .addOption(new Option('--only <parts...>', 'measure just these').choices(Object.keys(PARTS)))
  .action(async ({ json = false, ...options }: TrainOptions & { readonly json?: boolean }) => {
    const note = (text: string): void => void process.stderr.write(`${text}\n`);
    const machine = describeMachine();
    if (machine.loadBefore > BUSY) note(`the machine is busy (load ${machine.loadBefore}): ratios will say little`);
    const report: Report = { ...(await benchTrain(options, note)), limits: LIMITS };
    process.stdout.write(json ? `${JSON.stringify({ ...report, machine }, null, 2)}\n` : table(report));
  });

const program = new Command('bench').description('measures us beside others on this machine').addCommand(train).exitOverride();
train.copyInheritedSettings(program);
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has said what it is; help ends well, everything else is wrong usage.
  process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
}

function describeMachine() {
  const [load = 0] = loadavg();
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    /** Processes that wanted a core in the minute before. */
    loadBefore: Number(load.toFixed(2)),
  };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 on is needed');
  return number;
}
