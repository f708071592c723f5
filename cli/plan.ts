/** `emo-aen plan`: what a run or a retry would do and why, found out by the functions that the run decides by. Starts and changes nothing. */
import { Option } from 'commander';
import { projectCatalog } from '../activities/own/catalog.js';
import { artifactDigests, checkArtifacts } from '../activities/verify.js';
import { compilePlan } from '../configs/load/compile.js';
import { nearest } from '../configs/load/nearest.js';
import { parseOverrides } from '../configs/load/overrides.js';
import { Problem } from '../configs/problem.js';
import type { Plan } from '../configs/schema/plan.js';
import { candidatesFrom, readLedger, readLedgers } from '../workers/candidates.js';
import { foresee } from '../workflows/foresee.js';
import { withStageOption, type ChoiceOptions } from './choice.js';
import { action, command, type Terminal } from './command.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';
import { estimate, type Estimate } from './plan/estimate.js';
import { planText } from './plan/words.js';

interface PlanOptions extends PipelineOptions, ChoiceOptions {
  readonly retry?: string;
  readonly fromRun?: string;
  readonly until?: string;
  readonly fresh?: boolean;
}

export const planCommand = withStageOption(
  withPipelineOptions(command('plan [tasks...]', 'say for each task whether a run, or a retry of one, would do it or reuse it, and why')),
  'with --retry: as for emo-aen retry',
)
  .option('--from-run <run>', 'reuse what this run made, and no other')
  .option('--until <task>', 'only this task and what it depends on')
  .option('--fresh', 'reuse nothing')
  .addOption(
    new Option('--retry <run>', 'say what emo-aen retry would do with this run, the same tasks, --stage and --set').conflicts([
      'pipeline',
      'fromRun',
      'until',
      'fresh',
    ]),
  )
  .action(
    action<PlanOptions>(async (terminal, { retry, stage = null, ...options }, tasks) => {
      if (retry !== undefined) {
        const { planRetry } = await import('./plan/retry.js');
        return tell(terminal, retry, await planRetry(terminal, retry, { tasks, stage }, options.set));
      }
      if (tasks.length > 0 || stage !== null) {
        const cure = 'say of which run with --retry RUN, or say with --until where a new run ends';
        throw new Problem({ code: 'USAGE', message: 'tasks and stages are chosen for a retry', cure });
      }
      tell(terminal, null, await planRun(terminal, options));
    }),
  );

async function planRun({ root, note }: Terminal, options: Omit<PlanOptions, 'retry' | 'stage'>): Promise<Estimate> {
  const { pipeline, set, fromRun = null, until = null, fresh = false } = options;
  const plan = await compilePlan(root, pipeline, parseOverrides(set), await projectCatalog(root));
  if (until !== null) insistOnTaskOf(plan, until);
  const ledgers = await readLedgers(root);
  if (fromRun !== null) {
    await readLedger(root, fromRun); // says so where it is damaged
    insistOnRun(ledgers, fromRun);
  }
  const candidates = fresh ? [] : candidatesFrom(ledgers, plan.pipeline, fromRun);
  const digests = artifactDigests(root, note);
  const tasks = await foresee({ plan, candidates, until, fresh }, (artifacts) => checkArtifacts(root, artifacts, digests));
  const earlier = ledgers.filter((ledger) => ledger.pipeline === plan.pipeline);
  return estimate(tasks, plan.tasks, earlier);
}

function tell({ answer }: Terminal, run: string | null, estimated: Estimate): void {
  const { tasks, seconds, unknown } = estimated;
  answer({ run, tasks, estimateSeconds: unknown.length === 0 ? seconds : null }, planText(estimated));
}

function insistOnTaskOf(plan: Plan, name: string): void {
  const names = plan.tasks.map((task) => task.name);
  if (!names.includes(name)) throw noSuch(`${plan.file} has no task \`${name}\``, name, names);
}

function insistOnRun(ledgers: readonly { readonly run: string }[], name: string): void {
  const names = ledgers.map(({ run }) => run);
  if (!names.includes(name)) throw noSuch(`there is no run \`${name}\` in runs/`, name, names);
}

function noSuch(message: string, name: string, names: readonly string[]): Problem {
  const near = nearest(name, names);
  const cure =
    near === null ? (names.length === 0 ? 'there are none yet' : `name one of ${names.join(', ')}`) : `did you mean \`${near}\`?`;
  return new Problem({ code: 'USAGE', message, cure });
}
