import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownerNow, ownerOf } from '#setup/lock.mjs';
import { asSoleTrainer, TRAINER_LOCK } from '../../../../ml/engine/jobs/sole-trainer.js';

const MODULE = new URL('../../../../ml/engine/jobs/sole-trainer.js', import.meta.url).href;

describe('the sole trainer of a run', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-sole-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('waits for the one before to end', async () => {
    const script = `
      import { asSoleTrainer } from '${MODULE}';
      await asSoleTrainer('${folder}', async () => {
        console.log('up');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    assert.equal((await ownerOf(join(folder, TRAINER_LOCK)))?.pid, other.pid);
    let ended = false;
    other.once('exit', () => (ended = true));
    const trained = asSoleTrainer(folder, () => Promise.resolve(ended));
    other.kill('SIGKILL');
    assert.equal(await trained, true);
  });

  it('does not wait for a process that only is named in the file', async () => {
    await writeFile(join(folder, TRAINER_LOCK), JSON.stringify({ ...ownerNow(), pid: process.ppid }));
    await asSoleTrainer(folder, () => Promise.resolve());
  });
});
