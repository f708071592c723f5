import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asSoleTrainer } from '../../../../ml/engine/jobs/sole-trainer.js';

describe('the sole trainer of a run', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-sole-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('waits for the one before to end', async () => {
    const script = join(folder, 'other-trainer.mjs');
    await writeFile(script, 'console.log("up"); setInterval(() => undefined, 1000);');
    const other = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    await writeFile(join(folder, 'trainer.pid'), String(other.pid));
    let entered = false;
    const trained = asSoleTrainer(folder, script, () => Promise.resolve((entered = true)));
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(entered, false);
    other.kill('SIGKILL');
    await trained;
    assert.equal(entered, true);
  });

  it('does not wait for another program that has the number of a trainer that is gone', async () => {
    await writeFile(join(folder, 'trainer.pid'), String(process.ppid));
    await asSoleTrainer(folder, '/nowhere/no-such-trainer.js', () => Promise.resolve());
    assert.equal(existsSync(join(folder, 'trainer.pid')), false);
  });
});
