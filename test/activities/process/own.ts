/** A project with one activity of its own, `mine`, whose `run` a test writes as text. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, findOwn } from '../../../activities/own/find.js';
import type { TaskResult } from '../../../activities/task.js';
import { ownInProcess } from '../../../activities/process/host.js';
import { CLONE } from '../../../configs/load/installation.js';
import { taskContext } from '../task-context.js';

export interface OwnProject {
  readonly root: string;
  /** Carries out `run: async (context) => { BODY }`. */
  perform(body: string, change?: Partial<Parameters<typeof taskContext>[0]>): Promise<TaskResult>;
  leave(): Promise<void>;
}

export async function ownProject(): Promise<OwnProject> {
  const root = await mkdtemp(join(tmpdir(), 'emo-aen-own-'));
  await mkdir(join(root, 'node_modules'));
  await symlink(CLONE, join(root, 'node_modules', 'emo-aen'));
  return ownInRoot(root);
}

/** In a folder that {@link ownProject} made. */
export function ownInRoot(root: string): OwnProject {
  const folder = join(root, 'activities', 'mine');
  return {
    root,
    perform: async (body, change = {}) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'activity.mjs'), activityOf(body));
      const own = (await findOwn(root)).get('mine');
      if (own === undefined) throw new Error('the activity is not there');
      const env = Object.keys(change.secrets ?? {});
      const definition = ownInProcess('mine', { code: await codeOf(own), artifacts: [], env });
      return definition.run({}, taskContext({ root, task: 'a', settings: {}, ...change }));
    },
    leave: () => rm(root, { recursive: true, force: true }),
  };
}

function activityOf(body: string): string {
  return `import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { defineActivity, Problem, z } from 'emo-aen/activity';
const done = { artifacts: [], summary: {} };
export default defineActivity({ stage: 3, run: async (context) => { ${body} } });
`;
}
