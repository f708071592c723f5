/** An activity of the project's own as a task that can be run: just the code that the plan was made with, and no other. */
import { relative, sep } from 'node:path';
import { Problem } from '../../configs/problem.js';
import { define, type TaskDefinition } from '../definition.js';
import { codeOf, findOwn } from './find.js';
import { loadOwn } from './load.js';

/** @throws Problem NOT_FOUND, CONFLICT or CONFIGURATION where its folder is not there, was changed since, or cannot be loaded. */
export async function ownDefinition(root: string, uses: string, code: string | null): Promise<TaskDefinition> {
  const own = (await findOwn(root)).get(uses);
  const where = `activities/${uses}`;
  if (own === undefined) {
    const cure = 'put its folder back, or look whether worker and command have the same --root and version (emo-aen down, emo-aen up)';
    throw new Problem({ code: 'NOT_FOUND', message: `there is no activity ${uses}`, where, cure });
  }
  if ((await codeOf(own)) !== code) {
    const message = `${uses} was edited since this run was planned`;
    throw new Problem({ code: 'CONFLICT', message, where, cure: 'emo-aen retry RUN takes it over as it is now' });
  }
  const activity = await loadOwn(root, own, code);
  const file = relative(root, own.file).split(sep).join('/');
  return define({ ...activity, file }, async () => activity.run);
}
