/** The photo set's settings as a pipeline's audit would get them, for commands that work on the set without a run. */
import { projectCatalog } from '../activities/own/catalog.js';
import { compilePlan } from '../configs/load/compile.js';
import { parseOverrides } from '../configs/load/overrides.js';
import { Problem } from '../configs/problem.js';
import { DatasetSettings } from '../configs/schema/dataset.js';
import type { PipelineOptions } from './pipeline-options.js';

/** @throws Problem CONFIGURATION where the configuration is wrong or the pipeline audits nothing. */
export async function datasetSettings(root: string, { pipeline, set }: PipelineOptions): Promise<DatasetSettings> {
  const plan = await compilePlan(root, pipeline, parseOverrides(set), await projectCatalog(root));
  const task = plan.tasks.find(({ uses }) => uses === 'audit');
  if (task !== undefined) return DatasetSettings.parse(task.settings);
  throw new Problem({
    code: 'CONFIGURATION',
    message: 'this pipeline has no task that uses audit',
    where: plan.file,
    cure: 'add one, or name another pipeline with --pipeline',
  });
}
