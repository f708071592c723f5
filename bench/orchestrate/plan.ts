/** `emo-aen plan` on a pipeline of a thousand tasks, from the command to its answer. */
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CLONE } from '../../configs/load/installation.js';
import { median } from '../../ml/ranking/median.js';
import { runProgram } from '../measure.js';
import { WORKPLACE } from '../peers.js';
import { NOTHING, type Findings } from '../report.js';
import { planOfShape, WIDE } from './made-plan.js';
import type { Note, OrchestrateOptions } from './orchestrate.js';

const ACTIVITY = `import { defineActivity } from 'emo-aen/activity';
export default defineActivity({ stage: 1, run: async () => ({ artifacts: [], summary: {} }) });
`;

export async function measurePlan({ rounds }: OrchestrateOptions, note: Note): Promise<Findings> {
  const root = join(WORKPLACE, 'plan');
  await rm(root, { recursive: true, force: true });
  await mkdir(join(root, 'activities', 'nothing'), { recursive: true });
  await mkdir(join(root, 'node_modules'));
  await symlink(CLONE, join(root, 'node_modules', 'emo-aen'));
  await cp(join(CLONE, 'configs'), join(root, 'configs'), { recursive: true });
  await writeFile(join(root, 'activities', 'nothing', 'activity.mjs'), ACTIVITY);
  const tasks = planOfShape(WIDE).tasks.map(({ name, stage, uses, needs }): [string, object] => [name, { stage, uses, needs }]);
  await writeFile(join(root, 'configs', 'thousand.yaml'), stringify({ version: 1, name: 'thousand', tasks: Object.fromEntries(tasks) }));
  const seconds: number[] = [];
  note(`emo-aen plan of ${tasks.length} tasks`);
  for (let round = 0; round <= rounds; round++) {
    const begun = performance.now();
    await runProgram(process.execPath, [join(CLONE, 'bin', 'emo-aen.cjs'), 'plan', '--pipeline', 'configs/thousand.yaml', '--root', root]);
    if (round > 0) seconds.push((performance.now() - begun) / 1000);
  }
  await rm(root, { recursive: true });
  return { ...NOTHING, medians: { planOfThousandSeconds: median(seconds) } };
}
