/** `emo-aen quickstart`, which `npm start` runs after set-up: photos if there are none, one run of all eight stages, and nothing left running. */
import { projectCatalog } from '../activities/own/catalog.js';
import { compilePlan } from '../configs/load/compile.js';
import { DatasetSettings } from '../configs/schema/dataset.js';
import { ExportSettings } from '../configs/schema/export.js';
import type { Plan } from '../configs/schema/plan.js';
import { bringDown, bringUp, runningProcesses } from '../workers/up.js';
import { action, command, EXIT, type Terminal } from './command.js';
import { interruptible } from './interruption.js';
import { preparePhotos } from './quickstart/prepare.js';
import { describeNext, describeQuality, publishedBy } from './quickstart/summary.js';
import { startAndFollow } from './run/start.js';
import { describeBrought } from './up.js';

const PIPELINE = 'configs/quickstart/pipeline.yaml';

interface QuickstartOptions {
  readonly keepUp?: boolean;
}

export const quickstartCommand = command('quickstart', 'run all eight stages on a small photo set: what npm start does after set-up')
  .option('--keep-up', 'leave the Temporal server and the workers running')
  .action(
    action<QuickstartOptions>(async (terminal, { keepUp = false }) => {
      const { root } = terminal;
      const plan = await compilePlan(root, PIPELINE, [], await projectCatalog(root));
      await preparePhotos(root, settingsOf(plan, 'audit', DatasetSettings.parse), (text) => terminal.note(text));
      const { directory } = settingsOf(plan, 'publish', ExportSettings.pick({ bundle: true }).parse).bundle;
      const stay = keepUp || (await runningProcesses(root)).length > 0;
      const followed = await upMeanwhile(terminal, stay, () => startAndFollow(terminal, { pipeline: PIPELINE, set: [] }));
      if (followed === null) return EXIT.interrupted;
      const { run, status, exitCode } = followed;
      const model = exitCode === EXIT.done ? await publishedBy(root, run, directory) : null;
      const answer = {
        run,
        state: status?.state ?? null,
        pairwiseAccuracy: model?.metrics.pairwiseAccuracy ?? null,
        weights: model?.weights ?? null,
      };
      terminal.answer(answer, model === null ? describeUnfinished(run) : [describeQuality(model), describeNext(run, directory)].join('\n'));
      return exitCode;
    }),
  );

/** Runs `body` with server and workers up, and ends them however it ends. Null where it was interrupted before. */
function upMeanwhile<Result>(terminal: Terminal, stay: boolean, body: () => Promise<Result>): Promise<Result | null> {
  return interruptible(async (signal) => {
    try {
      terminal.note(describeBrought(await bringUp(terminal.root, (text) => terminal.note(text))));
      return signal.aborted ? null : await body();
    } finally {
      await leave(terminal, stay);
    }
  });
}

/** Ends what this command started, and names what stays. */
async function leave(terminal: Terminal, stay: boolean): Promise<void> {
  if (stay) return terminal.note('the Temporal server and the workers stay up: npx emo-aen down ends them');
  const { processes } = await bringDown(terminal.root, (text) => terminal.note(text));
  terminal.note(`ended ${processes.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}: nothing is left running`);
}

function settingsOf<Settings>(plan: Plan, uses: string, parse: (settings: unknown) => Settings): Settings {
  const task = plan.tasks.find((candidate) => candidate.uses === uses);
  if (task === undefined) throw new Error(`${plan.file} has no task that uses ${uses}`);
  return parse(task.settings);
}

function describeUnfinished(run: string): string {
  return [
    `run ${run} is not complete; nothing of it is lost`,
    `why:      npx emo-aen status ${run}`,
    `go on:    npx emo-aen up, or npx emo-aen retry ${run} where a task is blocked`,
  ].join('\n');
}
