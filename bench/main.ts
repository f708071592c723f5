/** `npm run bench -- train|orchestrate|data|finds|quantise|web`: us and the peers in turn, in one run (design §3). Progress on stderr, the result on stdout. */
import { cpus, loadavg, totalmem } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { Problem } from '../configs/problem.js';
import { benchData, LIMITS as DATA_LIMITS, PARTS as DATA_PARTS, type DataOptions } from './data/data.js';
import { benchFinds, type FindsOptions } from './finds/finds.js';
import { document } from './finds/table.js';
import {
  benchOrchestrate,
  LIMITS as ORCHESTRATE_LIMITS,
  PARTS as ORCHESTRATE_PARTS,
  type OrchestrateOptions,
} from './orchestrate/orchestrate.js';
import { NETWORKS as FOREIGN_NETWORKS } from './quantise/foreign/foreign.js';
import { benchQuantise, LIMITS as QUANTISE_LIMITS, PARTS as QUANTISE_PARTS, type QuantiseOptions } from './quantise/quantise.js';
import { table, type Findings, type Report } from './report.js';
import { benchTrain, LIMITS, PARTS, type Note, type TrainOptions } from './train/train.js';
import { benchWeb, LIMITS as WEB_LIMITS, PARTS as WEB_PARTS, type WebOptions } from './web/web.js';

const FAILED = 1;
const WRONG_USAGE = 2;
/** Load from which on others take part in what is measured. */
const BUSY = 0.5;
const note: Note = (text) => void process.stderr.write(`${text}\n`);

const train = new Command('train')
  .description(
    'a whole training step of ours, Keras and PyTorch; what an epoch costs beyond its steps; photos into the cache; training on photos',
  )
  .option('--json', 'print one JSON document on stdout')
  .option('--rounds <n>', 'fresh processes of each', wholeNumber, 3)
  .option('--steps <n>', 'timed steps of each process', wholeNumber, 10)
  .option('--photos <dir>', 'a folder of photos to pack into the cache, instead of made ones, and to train on')
  .option('--weights <file>', 'what training on photos begins from: minimalistic, batch norm folded')
  .option('--set <path=value...>', 'settings of training on photos, for everyone: train.schedule.epochs=10')
  .addOption(new Option('--only <parts...>', 'measure just these').choices(Object.keys(PARTS)))
  .action(({ json = false, ...options }: TrainOptions & { readonly json?: boolean }) =>
    measure((note) => benchTrain(options, note), LIMITS, json),
  );

const orchestrate = new Command('orchestrate')
  .description('what a task costs beyond its work, beside a plain Temporal workflow; restarts, plans and runs that are reused')
  .option('--json', 'print one JSON document on stdout')
  .option('--rounds <n>', 'times that each is measured', wholeNumber, 3)
  .addOption(new Option('--only <parts...>', 'measure just these').choices(Object.keys(ORCHESTRATE_PARTS)))
  .action(({ json = false, ...options }: OrchestrateOptions & { readonly json?: boolean }) =>
    measure((note) => benchOrchestrate(options, note), ORCHESTRATE_LIMITS, json),
  );

const data = new Command('data')
  .description(
    'photos decoded, augmented and audited, beside torchvision, Pillow and imagehash; what an audit again and its memory come to',
  )
  .option('--json', 'print one JSON document on stdout')
  .option('--rounds <n>', 'fresh processes of each', wholeNumber, 3)
  .option('--photos <dir>', 'a folder of photos that the sets are made from, instead of those that come with packages')
  .option('--photos-count <n>', 'photos of the part large', wholeNumber, 100_000)
  .addOption(
    new Option('--only <parts...>', 'measure just these; large is measured only where it is named').choices(Object.keys(DATA_PARTS)),
  )
  .action(({ json = false, ...options }: DataOptions & { readonly json?: boolean }) =>
    measure((note) => benchData(options, note), DATA_LIMITS, json),
  );

const finds = new Command('finds')
  .description(
    'makes everything that may be wrong with a photo set, audits it, and says how much was found, beside Pillow, imagehash and cleanvision',
  )
  .option('--json', 'print one JSON document on stdout')
  .option('--cases <n>', 'of each kind', wholeNumber, 5)
  .option('--photos <dir>', 'a folder of sound photos that must raise no alarm, instead of made ones')
  .action(async ({ json = false, ...options }: FindsOptions & { readonly json?: boolean }) => {
    const found = await benchFinds(options, note);
    const command = `npm run bench --silent -- finds${options.photos === undefined ? '' : ' --photos PHOTOS'} >docs/finds.md`;
    process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : document(found, command));
  });

const quantise = new Command('quantise')
  .description("our static INT8 beside Python onnxruntime's: what is lost, size, latency, seconds of quantising")
  .option('--json', 'print one JSON document on stdout')
  .option('--rounds <n>', 'fresh processes that time each network', wholeNumber, 5)
  .option('--runs <n>', 'timed photos of each process', wholeNumber, 60)
  .option('--photos <dir>', 'a folder of photos: 64 calibrate, the others test')
  .option('--weights <file>', 'minimalistic weights, batch norm folded')
  .addOption(new Option('--networks <names...>', 'just these networks of the part foreign').choices(FOREIGN_NETWORKS))
  .addOption(new Option('--only <parts...>', 'measure just these; foreign is measured only where it is named').choices(QUANTISE_PARTS))
  .action(({ json = false, ...options }: QuantiseOptions & { readonly json?: boolean }) =>
    measure((note) => benchQuantise(options, note), QUANTISE_LIMITS, json),
  );

const web = new Command('web')
  .description('the page in Chromium: the first ranking, each photo after it; a stand-in for a phone (one thread, throttled to a quarter)')
  .option('--json', 'print one JSON document on stdout')
  .option('--rounds <n>', 'fresh browsers of each', wholeNumber, 3)
  .option('--model <dir>', 'folder of the published bundle (default: models in this clone)')
  .option('--photos <dir>', 'a folder of photos to rank, instead of made ones')
  .addOption(new Option('--only <parts...>', 'measure just these').choices(Object.keys(WEB_PARTS)))
  .action(({ json = false, ...options }: WebOptions & { readonly json?: boolean }) =>
    measure((note) => benchWeb(options, note), WEB_LIMITS, json),
  );

const program = new Command('bench').description('measures us beside others on this machine').exitOverride();
for (const bench of [train, orchestrate, data, finds, quantise, web]) program.addCommand(bench.copyInheritedSettings(program));
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof Problem) {
    note(`error: ${error.describe()}`);
    process.exitCode = FAILED;
  } else if (error instanceof CommanderError) {
    // Commander has said what it is; help ends well, everything else is wrong usage.
    process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
  } else throw error;
}

async function measure(bench: (note: Note) => Promise<Findings>, limits: Report['limits'], json: boolean): Promise<void> {
  const machine = describeMachine();
  if (machine.loadBefore > BUSY) note(`the machine is busy (load ${machine.loadBefore}): ratios will say little`);
  const report: Report = { ...(await bench(note)), limits };
  process.stdout.write(json ? `${JSON.stringify({ ...report, machine }, null, 2)}\n` : table(report));
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
