/** The terminal is closed: SIGHUP ends what runs in it as SIGTERM does, and nothing of the run is lost. */
import { once } from 'node:events';
import { join } from 'node:path';
import { findRunning } from '../../../../workers/processes/record.js';
import { Project } from '../project.js';
import { begin, chain, completed, doneIn, until, type Hardship } from './hardship.js';

export const HANGUP: Hardship = {
  name: 'SIGHUP to what runs in a terminal',
  async undergo({ scratch }) {
    const project = await Project.make(join(scratch, 'project'));
    const tasks = chain(5, 900);
    try {
      const file = await project.declare('followed', tasks);
      const follower = project.start(['run', '--pipeline', file, '--name', 'followed']);
      const left = once(follower, 'close');
      await until(project, 'followed', (status) => doneIn(status) >= 1);
      follower.kill('SIGHUP');
      const [code] = (await left) as [number | null];
      const found = code === 130 ? [] : [`run ended with ${String(code)} on SIGHUP`];
      return [...found, ...(await completed(project, 'followed', tasks)), ...(await ofWorker(project))];
    } finally {
      await project.type(['down']);
    }
  },
};

/** A worker in a terminal ends with it, leaves no record, and the next one goes on. */
async function ofWorker(project: Project): Promise<string[]> {
  await project.type(['down']);
  const server = project.start(['server']);
  const gone = once(server, 'close');
  await untilRecorded(project, 'server');
  const worker = project.start(['worker', 'cpu']);
  const ended = once(worker, 'close');
  await untilRecorded(project, 'cpu');
  const tasks = chain(1, 3_000);
  await begin(project, 'in-terminal', tasks);
  await until(project, 'in-terminal', (status) => status.tasks.some(({ state }) => state === 'running'));
  worker.kill('SIGHUP');
  await ended;
  const record = await findRunning(project.root, 'cpu');
  server.kill('SIGHUP');
  await gone;
  await project.type(['up']);
  return [
    ...(record === null ? [] : ['a worker that ended by SIGHUP is recorded as running']),
    ...(await completed(project, 'in-terminal', tasks)),
  ];
}

async function untilRecorded(project: Project, name: 'server' | 'cpu'): Promise<void> {
  while ((await findRunning(project.root, name)) === null) await new Promise((resolve) => setTimeout(resolve, 100));
}
