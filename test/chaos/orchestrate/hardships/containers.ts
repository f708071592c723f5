/** Two containers on one folder: another network and other process numbers. Only one of them may bring up the project's processes. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { insist, Project } from '../project.js';
import { badly, begin, chain, completed, Impossible, type Hardship } from './hardship.js';

const CONTAINER = ['unshare', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
const TASKS = chain(4, 700);

export const CONTAINERS: Hardship = {
  name: 'two containers on one folder',
  async undergo({ scratch }) {
    const [program = '', ...args] = CONTAINER;
    const tried = spawnSync(program, [...args, 'true'], { encoding: 'utf8' });
    if (tried.status !== 0) throw new Impossible(`no namespaces can be made here: ${tried.error?.message ?? tried.stderr.trim()}`);
    const project = await Project.make(join(scratch, 'project'));
    try {
      insist(await project.type(['up']));
      await begin(project, 'shared', TASKS);
      const found: string[] = [];
      // From the other container the processes cannot be seen; it must not take them for dead.
      for (const line of [['up'], ['down'], ['clean', '--dry-run'], ['status', 'shared']])
        found.push(...badly(await project.type(line, { through: CONTAINER }), `${line.join(' ')} in another container`, [0, 1, 3]));
      return [...found, ...(await completed(project, 'shared', TASKS))];
    } finally {
      await project.type(['down']);
    }
  },
};
