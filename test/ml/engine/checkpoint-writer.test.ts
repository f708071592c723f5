import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { checkpointName, CheckpointFiles } from '../../../ml/engine/checkpoint-files.js';
import { CheckpointWriter } from '../../../ml/engine/checkpoint-writer.js';

describe('the thread that writes checkpoints', () => {
  let root = '';
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-writer-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  const checkpoint = (epoch: number): Parameters<CheckpointWriter['write']>[0] => ({
    file: checkpointName(epoch, 0),
    kinds: ['recent'],
    best: null,
    tensors: new Map([['weight', { shape: [2], data: Float32Array.of(1, 2) }]]),
    metadata: {},
  });

  it('has written what it was given, in order, once it is settled', async () => {
    const writer = new CheckpointWriter({ folder: root, key: 'key', keep: 2 });
    await writer.write(checkpoint(1));
    await writer.write(checkpoint(2));
    await writer.settled();
    await writer.close();
    const { entry } = await (await CheckpointFiles.open(root, 'key', 2)).files.newest();
    assert.equal(entry?.file, checkpointName(2, 0));
  });

  it('tells what keeps it from opening its folder to who writes, and does not end the process', async () => {
    const folder = join(root, 'a-file');
    await writeFile(folder, '');
    const writer = new CheckpointWriter({ folder, key: 'key', keep: 2 });
    await pause(500); // it fails by itself before it is asked for anything, and nobody hears of that: there is nothing to await
    await writer.write(checkpoint(1));
    await assert.rejects(writer.settled(), /something of this name is there already/);
    await writer.close();
  });
});
