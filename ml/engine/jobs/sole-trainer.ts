/**
 * Lets one process at a time train a run. After a worker was killed its child may be in the middle of a step, and notices only
 * behind it that nobody waits for the result; the next attempt must not write checkpoints beside it.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../../../configs/problem.js';
import { writeFileAtomically } from '../../files/atomic.js';

const FILE = 'trainer.pid';
const PATIENCE_MS = 60_000;
const POLL_MS = 100;

/**
 * Runs `body` once no other trainer of `folder` is alive.
 * @param entry the script that a trainer's process runs, by which a process that only has the same number is told apart
 * @throws Problem CONFLICT where the other one does not end.
 */
export async function asSoleTrainer<T>(folder: string, entry: string, body: () => Promise<T>): Promise<T> {
  const path = join(folder, FILE);
  const deadline = performance.now() + PATIENCE_MS;
  for (let other = await trainerIn(path, entry); other !== null; other = await trainerIn(path, entry)) {
    if (performance.now() > deadline)
      throw new Problem({
        code: 'CONFLICT',
        message: `process ${other} is training this run and does not end`,
        where: path,
        cure: `end it (kill ${other}), then retry train`,
      });
    await pause(POLL_MS);
  }
  await writeFileAtomically(path, String(process.pid));
  try {
    return await body();
  } finally {
    await rm(path, { force: true });
  }
}

async function trainerIn(path: string, entry: string): Promise<number | null> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return null;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes(entry) ? pid : null;
}
