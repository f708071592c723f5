/** `emo-aen validate`: everything that is wrong with a pipeline and its settings, with no server and nothing started. */
import { projectCatalog } from '../activities/own/catalog.js';
import { diagnose } from '../configs/load/compile.js';
import { Diagnostics } from '../configs/load/diagnostics.js';
import { readOverrides } from '../configs/load/overrides.js';
import { action, command, EXIT } from './command.js';
import { withPipelineOptions, type PipelineOptions } from './pipeline-options.js';

export const validateCommand = withPipelineOptions(
  command('validate', 'check a pipeline and its settings without starting anything'),
).action(
  action<PipelineOptions>(async (terminal, { pipeline, set }) => {
    const found = new Diagnostics();
    const { plan } = await diagnose(terminal.root, pipeline, readOverrides(set, found), await projectCatalog(terminal.root), found);
    if (plan === null) {
      terminal.answer({ valid: false, diagnostics: found.list() }, found.render());
      return EXIT.usage;
    }
    const files = new Set([plan.file, ...plan.tasks.flatMap(({ settingsFiles }) => settingsFiles.map(({ path }) => path))]);
    terminal.answer(
      { valid: true, diagnostics: [] },
      `${plan.file} is valid: ${counted(plan.tasks.length, 'task')}, ${counted(files.size, 'file')}`,
    );
    return EXIT.done;
  }),
);

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
