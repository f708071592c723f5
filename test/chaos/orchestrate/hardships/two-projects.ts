/** Two projects on one server, with runs of the same names at the same time. */
import { join } from 'node:path';
import { temporalTarget } from '../../../../workers/temporal.js';
import { insist, Project } from '../project.js';
import { abreast, badly, begin, completed, type Hardship } from './hardship.js';

const TASKS = abreast(8, 300);
const NAMES = ['mix-1', 'mix-2', 'mix-3'];

export const TWO_PROJECTS: Hardship = {
  name: 'two projects on one server',
  async undergo({ scratch }) {
    const ours = await Project.make(join(scratch, 'ours'));
    insist(await ours.type(['up']));
    const { address } = await temporalTarget(ours.root);
    const theirs = await Project.make(join(scratch, 'theirs'), { TEMPORAL_ADDRESS: address });
    try {
      insist(await theirs.type(['up']));
      const found: string[] = [];
      for (const name of NAMES) {
        await Promise.all([begin(ours, name, TASKS), begin(theirs, name, TASKS)]);
        for (const project of [ours, theirs]) found.push(...(await completed(project, name, TASKS)));
      }
      found.push(...badly(await theirs.type(['down']), 'down of the second project', [0]));
      await begin(ours, 'afterwards', TASKS);
      return [...found, ...(await completed(ours, 'afterwards', TASKS))];
    } finally {
      await theirs.type(['down']);
      await ours.type(['down']);
    }
  },
};
