/** The disk that server, workers and logs write to is full for a while. Nobody types `up`: the run goes on once there is space again. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Project } from '../project.js';
import { badly, begin, chain, completed, doneIn, Impossible, until, type Hardship } from './hardship.js';

const DISK = '96m';
const TASKS = chain(6, 1_200);
const CHUNK = Buffer.alloc(1 << 20);

export const FULL_DISK: Hardship = {
  name: 'full disk under server, workers and logs',
  async undergo({ scratch, draws }) {
    const disk = join(scratch, 'disk');
    await mkdir(disk, { recursive: true });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'none', disk], { encoding: 'utf8' });
    if (mounted.status !== 0) throw new Impossible(`a small disk cannot be mounted: ${mounted.error?.message ?? mounted.stderr.trim()}`);
    try {
      const project = await Project.make(join(disk, 'project'));
      try {
        return await fillAndEmpty(project, disk, draws.between(8_000, 14_000));
      } finally {
        await project.type(['down']);
      }
    } finally {
      spawnSync('umount', ['--lazy', disk]);
    }
  },
};

async function fillAndEmpty(project: Project, disk: string, fullMs: number): Promise<string[]> {
  await begin(project, 'full', TASKS);
  await until(project, 'full', (status) => doneIn(status) >= 1);
  const ballast = join(disk, 'ballast');
  await fill(ballast, disk);
  await delay(fullMs / 2); // how long the disk is full is drawn
  const asked = await project.type(['status', 'full']);
  await fill(ballast, disk); // what was freed meanwhile
  await delay(fullMs / 2);
  await rm(ballast);
  // Nobody need answer while the disk is full, but a stack is no answer.
  return [...badly(asked, 'status on a full disk', [0, 1, 3]), ...(await completed(project, 'full', TASKS))];
}

/** Takes all that is free. */
async function fill(ballast: string, disk: string): Promise<void> {
  const descriptor = openSync(ballast, 'a');
  try {
    for (;;) {
      const { bavail, bsize } = await statfs(disk);
      if (bavail === 0) return;
      writeSync(descriptor, CHUNK, 0, Math.min(CHUNK.length, bavail * bsize));
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}
