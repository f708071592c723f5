/** Commands and workers that may open few files, in a project of many runs. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { readLedger } from '../../../../workers/candidates.js';
import { insist, Project } from '../project.js';
import { badly, begin, chain, completed, type Hardship } from './hardship.js';

const RUNS = 600;
const FEW = ['bash', '-c', 'ulimit -n 256; exec "$@"', 'bash'];
const TASKS = chain(3, 200);

export const DESCRIPTORS: Hardship = {
  name: 'few file descriptors and many runs',
  async undergo({ scratch }) {
    const project = await Project.make(join(scratch, 'project'));
    try {
      insist(await project.type(['up'], { through: FEW }));
      await begin(project, 'first', TASKS);
      const found = await completed(project, 'first', TASKS);
      if ((await readLedger(project.root, 'first')) === null) return [...found, 'there is no ledger to copy'];
      for (let nth = 0; nth < RUNS; nth++)
        await cp(join(project.root, 'runs', 'first'), join(project.root, 'runs', `copy-${nth}`), { recursive: true });
      for (const line of [['runs'], ['plan', '--pipeline', 'configs/first.yaml'], ['status', 'first'], ['clean', '--dry-run']])
        found.push(...badly(await project.type(line, { through: FEW }), line.join(' '), [0]));
      return found;
    } finally {
      await project.type(['down']);
    }
  },
};
