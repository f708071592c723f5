/** Starts a run: name, plan, what may be reused, and the workflow that carries it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../configs/load/nearest.js';
import { Problem } from '../configs/problem.js';
import type { Ledger } from '../configs/schema/ledger.js';
import type { Override, Plan } from '../configs/schema/plan.js';
import { LONGEST_NAME, RunName } from '../configs/schema/names.js';
import { ATTRIBUTES } from '../workflows/attribute-keys.js';
import { WORKFLOW_TYPE, type PipelineInput } from '../workflows/input.js';
import { taskQueueOf, workflowIdOf } from '../workflows/names.js';
import { candidatesFrom, lookForLedger, readLedgers } from './candidates.js';
import { missingAttributes } from './attributes.js';
import { RUN_MEMO, type RunMemo } from './list-runs.js';
import type { TemporalLink } from './temporal.js';

export interface RunRequest {
  readonly plan: Plan;
  readonly overrides: readonly Override[];
  /** Null: the pipeline's name and the next free number. */
  readonly name: string | null;
  /** Reuse only what this run made; null: what any run of the pipeline made. */
  readonly fromRun: string | null;
  readonly until: string | null;
  readonly fresh: boolean;
  readonly by: string;
}

/** Everything that can be refused before a server is needed. @throws Problem USAGE, CONFLICT. */
export async function checkRequest(root: string, { plan, name, until }: RunRequest): Promise<void> {
  if (until !== null && !plan.tasks.some((task) => task.name === until)) {
    const names = plan.tasks.map((task) => task.name);
    const close = nearest(until, names);
    const cure = close === null ? `its tasks: ${names.join(', ')}` : `did you mean ${close}?`;
    throw new Problem({ code: 'USAGE', message: `${plan.pipeline} has no task ${until}`, where: '--until', cure });
  }
  if (name === null) return;
  const parsed = RunName.safeParse(name);
  if (!parsed.success) {
    const cure = `use ${parsed.error.issues[0]?.message ?? 'another name'}`;
    throw new Problem({ code: 'USAGE', message: `${JSON.stringify(name)} cannot be the name of a run`, where: '--name', cure });
  }
  if (isTaken(root, name)) throw await taken(root, name);
}

/** Starts it and gives its name. @throws Problem CONFLICT where a run of that name is or was there. */
export async function startRun(root: string, link: TemporalLink, request: RunRequest): Promise<string> {
  const { client, project } = link;
  const attributes = (await missingAttributes(link)).length === 0;
  const ledgers = await readLedgers(root);
  const number = Math.max(0, ...ledgers.map((ledger) => ledger.number)) + 1;
  const candidates = request.fresh ? [] : candidatesFrom(ledgers, request.plan.pipeline, request.fromRun);
  for (let run = request.name ?? nextName(root, request.plan.pipeline, ledgers); ; run = numberAfter(run)) {
    const { plan, until, fresh, overrides, by } = request;
    const input: PipelineInput = { run, number, plan, candidates, until, fresh, overrides, by, attributes, carried: null };
    try {
      await client.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowIdOf(project.id, run),
        taskQueue: taskQueueOf(project.id, 'cpu'),
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        memo: { [RUN_MEMO]: { pipeline: plan.pipeline } satisfies RunMemo },
        staticSummary: `run ${run} of ${plan.pipeline}`,
        staticDetails: detailsOf(input),
        ...(attributes ? { typedSearchAttributes: [{ key: ATTRIBUTES.pipeline, value: plan.pipeline }] } : {}),
      });
      return run;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'WorkflowExecutionAlreadyStartedError') throw error;
      if (request.name !== null) throw await taken(root, run);
    }
  }
}

/** What the Temporal UI shows of it from its start on, in Markdown. */
function detailsOf({ run, plan, overrides, until, by }: PipelineInput): string {
  const changed = overrides.map(({ path, value }) => `- \`${path}=${JSON.stringify(value)}\``);
  return [
    `\`${plan.file}\`, ${plan.tasks.length} tasks, plan \`${plan.hash.slice(0, 12)}\`, started by ${by}`,
    ...(until === null ? [] : ['', `until ${until}`]),
    ...(changed.length === 0 ? [] : ['', 'changed settings:', ...changed]),
    '',
    `\`emo-aen status ${run}\``,
  ].join('\n');
}

function isTaken(root: string, run: string): boolean {
  return existsSync(join(root, 'runs', run));
}

async function taken(root: string, name: string): Promise<Problem> {
  const found = await lookForLedger(root, name);
  const ledger = found.is === 'sound' ? found.value : null;
  const message = `there is a run ${name} already${ledger === null ? ', of which no sound ledger is kept here' : `: it is ${ledger.state}`}`;
  let free = numberAfter(name);
  while (isTaken(root, free)) free = numberAfter(free);
  const goOn = ledger === null ? '' : `; emo-aen run --name ${free} --from-run ${name} goes on from what it made`;
  const cure = `choose another name, such as ${free}${goOn}`;
  return new Problem({ code: 'CONFLICT', message, where: '--name', cure });
}

function nextName(root: string, pipeline: string, ledgers: readonly Ledger[]): string {
  const numbers = ledgers.flatMap(({ run }) => (run.startsWith(`${pipeline}-`) ? [Number(run.slice(pipeline.length + 1))] : []));
  let name = `${pipeline}-${Math.max(0, ...numbers.filter(Number.isSafeInteger)) + 1}`;
  while (isTaken(root, name)) name = numberAfter(name);
  return name;
}

/** `nightly` → `nightly-2` → `nightly-3`. What would get too long is cut in its stem. */
function numberAfter(name: string): string {
  const [, stem = name, number] = /^(.*)-(\d+)$/.exec(name) ?? [];
  const end = `-${number === undefined ? 2 : Number(number) + 1}`;
  return `${stem.slice(0, LONGEST_NAME - end.length)}${end}`;
}
