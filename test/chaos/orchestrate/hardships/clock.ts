/** The clock that workers and commands read is set two hours forth and four hours back while a run is at work. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { insist, Project } from '../project.js';
import { chain, completed, doneIn, Impossible, until, type Hardship } from './hardship.js';

const LIBRARIES = ['/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1', '/usr/lib/faketime/libfaketime.so.1'];
const TASKS = chain(6, 900);

export const CLOCK: Hardship = {
  name: 'clock set forth and back',
  async undergo({ scratch }) {
    const library = LIBRARIES.find((path) => existsSync(path));
    if (library === undefined) throw new Impossible('libfaketime is not installed (Debian: apt-get install faketime)');
    await mkdir(scratch, { recursive: true });
    const clock = join(scratch, 'clock');
    const set = (offset: string): Promise<void> => writeFile(clock, `${offset}\n`);
    const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1' };
    await set('+0');
    const project = await Project.make(join(scratch, 'project'));
    try {
      insist(await project.type(['up'], { env }));
      const file = await project.declare('jumps', TASKS);
      insist(await project.type(['run', '--pipeline', file, '--name', 'jumps', '--detach'], { env }));
      await until(project, 'jumps', (status) => doneIn(status) >= 1);
      await set('+7200');
      await until(project, 'jumps', (status) => doneIn(status) >= 3);
      await set('-7200');
      const found = await completed(project, 'jumps', TASKS);
      // The clock says that this run began before the other: what it takes over must still be the newest.
      insist(await project.type(['run', '--pipeline', file, '--name', 'fresh', '--fresh', '--detach'], { env }));
      await until(project, 'fresh', ({ state }) => state !== 'running');
      await set('-14400');
      insist(await project.type(['run', '--pipeline', file, '--name', 'reuses', '--detach'], { env }));
      const reuses = await until(project, 'reuses', ({ state }) => state !== 'running');
      const from = new Set(reuses?.tasks.map(({ reason }) => /run (\S+)$/.exec(reason)?.[1]));
      return from.size === 1 && from.has('fresh')
        ? found
        : [...found, `after the jump results come from ${[...from].join(', ')}, not from fresh`];
    } finally {
      await project.type(['down']);
    }
  },
};
