/** Another account of the machine, and a web page, speak to the project's server while a run is at work. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporalTarget } from '../../../../workers/temporal.js';
import { insist, Project } from '../project.js';
import { begin, chain, completed, Impossible, type Hardship } from './hardship.js';

const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const PROGRAM = fileURLToPath(new URL('intruder.js', import.meta.url));
const TASKS = chain(6, 900);

export const STRANGER: Hardship = {
  name: 'another account on the port',
  async undergo({ scratch }) {
    if (process.getuid?.() !== 0) throw new Impossible('only root can act as another account');
    const project = await Project.make(join(scratch, 'project'));
    try {
      insist(await project.type(['up']));
      const { address } = await temporalTarget(project.root);
      const victim = join(scratch, 'pwned');
      await begin(project, 'private', TASKS);
      const intruder = spawn(NOBODY[0] ?? '', [...NOBODY.slice(1), process.execPath, PROGRAM, address, `../../../${'pwned'}`], {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' },
      });
      const ended = once(intruder, 'close');
      const found = await completed(project, 'private', TASKS);
      intruder.kill('SIGTERM');
      await ended;
      return [...found, ...(existsSync(victim) ? ['the intruder wrote outside the project'] : [])];
    } finally {
      await project.type(['down']);
    }
  },
};
