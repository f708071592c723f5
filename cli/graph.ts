/** `emo-aen graph`: the DAG that a pipeline declares, as Mermaid text or as SVG. */
import { Option } from 'commander';
import { projectCatalog } from '../activities/own/catalog.js';
import { compilePlan } from '../configs/load/compile.js';
import { parseOverrides } from '../configs/load/overrides.js';
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
}

export const graphCommand = withPipelineOptions(command('graph', 'draw the DAG of a pipeline'))
  .addOption(new Option('--format <format>', 'of the drawing').choices(Object.keys(FORMATS)).default('mermaid'))
  .action(
    action<GraphOptions>(async (terminal, { pipeline, set, format }) => {
      const plan = await compilePlan(terminal.root, pipeline, parseOverrides(set), await projectCatalog(terminal.root));
      const tasks = plan.tasks.map(({ name, stage, queue, needs }) => ({ name, stage, queue, needs }));
      terminal.answer({ pipeline: plan.pipeline, tasks }, FORMATS[format]?.(plan.pipeline, tasks) ?? '');
    }),
  );
