import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEvent } from '../../../activities/events.js';
import { writeFileAtomically } from '../../../ml/files/atomic.js';
import { makeFolder, makePrivate, PRIVATE_FOLDERS, startPrivately } from '../../../ml/files/folders.js';

for (const umask of [0o000, 0o022, 0o077])
  describe(`folders of a project under umask ${umask.toString(8)}`, () => {
    let root: string;
    let before: number;
    beforeEach(async () => {
      before = process.umask(umask);
      root = await mkdtemp(join(tmpdir(), 'emo-aen-modes-'));
      await chmod(root, 0o755);
    });
    afterEach(async () => {
      process.umask(before);
      await rm(root, { recursive: true, force: true });
    });

    const modeOf = async (...path: string[]): Promise<string> => ((await stat(join(root, ...path))).mode & 0o777).toString(8);

    it('are for this account alone where the project keeps things for itself, with all that is in them', async () => {
      await writeFileAtomically(join(root, 'runs', 'r', 'ledger.json'), '{}');
      await makeFolder(join(root, '.emo-aen', 'cache', 'photos'));
      const event = { at: '', task: 't', attempt: 1, event: 'done', message: '' } as const;
      await appendEvent(root, 'r', event);
      for (const folder of ['runs', 'runs/r', '.emo-aen', '.emo-aen/cache/photos', 'logs', 'logs/r'])
        assert.equal(await modeOf(folder), '700');
      for (const file of ['runs/r/ledger.json', 'logs/r/events.jsonl']) assert.equal(await modeOf(file), '600');
    });

    it('are closed where others could enter them', async () => {
      for (const name of PRIVATE_FOLDERS) {
        await mkdir(join(root, name));
        await chmod(join(root, name), 0o755);
      }
      await makePrivate(root);
      for (const name of PRIVATE_FOLDERS) assert.equal(await modeOf(name), '700');
    });

    it('let others read what is published, also where a private process writes it', async () => {
      process.umask(0o077);
      await writeFileAtomically(join(root, 'models', 'versions', '1.0.0', 'manifest.json'), '{}');
      for (const folder of ['models', 'models/versions/1.0.0']) assert.equal(await modeOf(folder), '755');
      assert.equal(await modeOf('models/versions/1.0.0/manifest.json'), '644');
    });

    it('hold what a child process writes for this account alone', async () => {
      const child = startPrivately(() => spawn('sh', ['-c', 'echo x > by-child; mkdir folder'], { cwd: root }));
      await once(child, 'exit');
      assert.equal(await modeOf('by-child'), '600');
      assert.equal(await modeOf('folder'), '700');
      assert.equal(process.umask(umask), umask);
    });
  });
