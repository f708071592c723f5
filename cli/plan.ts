/** `emo-aen plan`: what a run would do and why, found out by the function that the run decides by. Starts and changes nothing. */
import { projectCatalog } from '../activities/own/catalog.js';
import { artifactDigests, checkArtifacts } from '../activities/verify.js';
import { compilePlan } from '../configs/load/compile.js';
import { nearest } from '../configs/load/nearest.js';
import { parseOverrides } from '../configs/load/overrides.js';
import { Problem } from '../configs/problem.js';
import type { Plan } from '../configs/schema/plan.js';
import { loadCandidates, readLedgers } from '../workers/candidates.js';
import { foresee, type Foreseen } from '../workflows/foresee.js';
import { action, command } from './command.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';

interface PlanOptions extends PipelineOptions {
  readonly fromRun?: string;
  readonly until?: string;
  readonly fresh?: boolean;
}

export const planCommand = withPipelineOptions(command('plan', 'say for each task whether a run would do it or reuse it, and why'))
  .option('--from-run <run>', 'reuse what this run made, and no other')
  .option('--until <task>', 'only this task and what it depends on')
  .option('--fresh', 'reuse nothing')
  .action(
    action<PlanOptions>(async ({ root, answer, note }, { pipeline, set, fromRun = null, until = null, fresh = false }) => {
      const plan = await compilePlan(root, pipeline, parseOverrides(set), await projectCatalog(root));
      if (until !== null) requireTask(until, plan);
      if (fromRun !== null) await requireRun(root, fromRun);
      const candidates = fresh ? [] : await loadCandidates(root, plan.pipeline, fromRun);
      const digests = artifactDigests(root, note);
      const tasks = await foresee({ plan, candidates, until, fresh }, (artifacts) => checkArtifacts(root, artifacts, digests));
      answer({ tasks }, planText(tasks));
    }),
  );

/** A line a task: its stage, its name, what would be done and the reasons; and a line that counts. */
export function planText(tasks: readonly Foreseen[]): string {
  const width = Math.max(...tasks.map(({ name }) => name.length));
  const lines = tasks.map(
    ({ name, stage, action: what, reasons }) => `${stage}  ${name.padEnd(width)}  ${what.padEnd(5)}  ${reasons.join('; ')}`,
  );
  const running = tasks.filter(({ action: what }) => what === 'run').length;
  const unknown = tasks.some(({ reasons }) => reasons.some((reason) => reason.startsWith('upstream ')));
  const remark = unknown
    ? '\nupstream: what it will make is not known yet; what it made before is reused after all if it comes out the same'
    : '';
  return `${lines.join('\n')}\n\n${running} to run, ${tasks.length - running} to reuse${remark}`;
}

function requireTask(name: string, plan: Plan): void {
  const names = plan.tasks.map((task) => task.name);
  if (!names.includes(name)) throw unknown('USAGE', `${plan.file} has no task \`${name}\``, name, names);
}

async function requireRun(root: string, name: string): Promise<void> {
  const names = (await readLedgers(root)).map(({ run }) => run);
  if (!names.includes(name)) throw unknown('USAGE', `there is no run \`${name}\` in runs/`, name, names);
}

function unknown(code: 'USAGE', message: string, name: string, names: readonly string[]): Problem {
  const near = nearest(name, names);
  const cure =
    near === null ? (names.length === 0 ? 'there are none yet' : `name one of ${names.join(', ')}`) : `did you mean \`${near}\`?`;
  return new Problem({ code, message, cure });
}
