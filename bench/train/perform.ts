/** A pipeline's tasks carried out by their own functions, without Temporal and workers around them. */
import { locate, readFiles, recordOutput, type ReadFile } from '../../activities/files.js';
import { FUNCTIONS } from '../../activities/functions.js';
import { artifactDigests } from '../../activities/verify.js';
import type { ActivityName } from '../../configs/schema/catalog.js';
import type { Plan } from '../../configs/schema/plan.js';

const RUN = 'bench';

/** @param before what the tasks before it made @returns that and what the task made, hashed */
export async function perform(root: string, plan: Plan, name: ActivityName, before: readonly ReadFile[]): Promise<ReadFile[]> {
  const task = plan.tasks.find(({ uses }) => uses === name);
  if (task === undefined) throw new Error(`the pipeline ${plan.pipeline} has no task ${name}`);
  const folder = `${RUN}/${name}`;
  const result = await FUNCTIONS[name].run(task.settings, {
    root,
    run: RUN,
    task: name,
    folder,
    attempt: 1,
    secret: (variable) => {
      throw new Error(`${name} asks for ${variable}, and the bench has no secrets`);
    },
    ...locate(root, { task: name, folder }, before),
    progress: () => undefined,
    signal: new AbortController().signal,
  });
  const digests = artifactDigests(root, (message) => void process.stderr.write(`${message}\n`));
  const { artifacts } = await recordOutput(root, result, digests);
  return [...before, ...readFiles(root, artifacts)];
}

/** Absolute path of a file that some task made. */
export function pathOf(files: readonly ReadFile[], name: string): string {
  const file = files.find((file) => file.name === name);
  if (file === undefined) throw new Error(`nothing made ${name}`);
  return file.path;
}
