/** `emo-aen graph`: the DAG that a pipeline declares, or that a run does and how far it is, as Mermaid text or as SVG. */
import { Option } from 'commander';
import { projectCatalog } from '../activities/own/catalog.js';
import { compilePlan } from '../configs/load/compile.js';
import { parseOverrides } from '../configs/load/overrides.js';
import type { PlannedTask } from '../configs/schema/plan.js';
import { readLedger } from '../workers/candidates.js';
import { unknownRun } from '../workers/observe.js';
import { action, command } from './command.js';
import { mermaid, type DrawnTask } from './graph/mermaid.js';
import { svg } from './graph/svg.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';

const FORMATS: Readonly<Record<string, (pipeline: string, tasks: readonly DrawnTask[]) => string>> = {
  mermaid: (_, tasks) => mermaid(tasks),
  svg,
};

interface GraphOptions extends PipelineOptions {
  readonly format: string;
  readonly run?: string;
}

export const graphCommand = withPipelineOptions(command('graph', 'draw the DAG of a pipeline, or of a run with the states of its tasks'))
  .addOption(new Option('--format <format>', 'of the drawing').choices(Object.keys(FORMATS)).default('mermaid'))
  .addOption(new Option('--run <run>', 'draw this run, as its ledger has it').conflicts(['pipeline', 'set']))
  .action(
    action<GraphOptions>(async (terminal, { format, run = null, ...options }) => {
      const { pipeline, tasks } = run === null ? await declared(terminal.root, options) : await ofRun(terminal.root, run);
      terminal.answer({ pipeline, run, tasks }, FORMATS[format]?.(run ?? pipeline, tasks) ?? '');
    }),
  );

interface Drawn {
  readonly pipeline: string;
  readonly tasks: readonly DrawnTask[];
}

async function declared(root: string, { pipeline, set }: PipelineOptions): Promise<Drawn> {
  const plan = await compilePlan(root, pipeline, parseOverrides(set), await projectCatalog(root));
  return { pipeline: plan.pipeline, tasks: plan.tasks.map(drawn) };
}

/** @throws Problem NOT_FOUND. */
async function ofRun(root: string, run: string): Promise<Drawn> {
  const ledger = await readLedger(root, run);
  if (ledger === null) throw await unknownRun(root, run);
  return { pipeline: ledger.pipeline, tasks: ledger.tasks.map(({ plan, state }) => ({ ...drawn(plan), state })) };
}

function drawn({ name, stage, queue, needs }: PlannedTask): DrawnTask {
  return { name, stage, queue, needs };
}
