import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { hashFile, writeAtomically, writeFileAtomically } from '../../../ml/files/atomic.js';
import { smallDisk } from './small-disk.js';

describe('files written atomically', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'emo-aen-atomic-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('makes the folders it needs and leaves nothing but the file', async () => {
    await writeFileAtomically(join(folder, 'a', 'b.txt'), 'whole');
    assert.equal(await readFile(join(folder, 'a', 'b.txt'), 'utf8'), 'whole');
    assert.deepEqual(await readdir(join(folder, 'a')), ['b.txt']);
  });

  it('keeps what was there when the writer fails half-way, and cleans up', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'before');
    const half = writeAtomically(path, async (file) => {
      await file.write(Buffer.from('half of wh'));
      throw new Error('torn');
    });
    await assert.rejects(half, /torn/);
    assert.equal(await readFile(path, 'utf8'), 'before');
    assert.deepEqual(await readdir(folder), ['file']);
  });

  it('writes a file whose name is as long as a name can be', async () => {
    for (const name of ['x'.repeat(255), '光'.repeat(85), '😀'.repeat(63)]) {
      await writeFileAtomically(join(folder, name), name);
      assert.equal(await readFile(join(folder, name), 'utf8'), name);
    }
    assert.equal((await readdir(folder)).length, 3);
  });

  it('tells a full disk as DISK_FULL, which is worth a retry', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'before');
    const full = writeAtomically(path, () =>
      Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })),
    );
    await assert.rejects(
      full,
      (error) => error instanceof Problem && error.code === 'DISK_FULL' && error.retryable && error.where === path,
    );
    assert.equal(await readFile(path, 'utf8'), 'before');
  });

  it('is whole or not at all where the disk has room for part of its last bytes', async function () {
    const disk = await smallDisk(1 << 20);
    if (typeof disk === 'string') {
      process.stderr.write(`SKIPPED, so a full disk is not tried for real: ${disk}\n`);
      this.skip();
    }
    try {
      const path = join(disk.path, 'file');
      await disk.fill(64 << 10);
      // The system takes what fits of a write and says how much that was; only the next write, which never comes, would fail.
      const full = writeAtomically(path, async (file) => {
        await file.write(Buffer.alloc(16 << 10, 1));
        await file.write(Buffer.alloc(96 << 10, 2));
      });
      await assert.rejects(full, (error) => error instanceof Problem && error.code === 'DISK_FULL');
      assert.deepEqual(await readdir(disk.path), ['ballast']);
      disk.empty();
      await writeFileAtomically(path, Buffer.alloc(112 << 10, 3));
      assert.equal((await hashFile(path)).bytes, 112 << 10);
    } finally {
      await disk.close();
    }
  });

  it('hashes what is on disk', async () => {
    const data = Buffer.alloc(3_000_001, 7);
    await writeFileAtomically(join(folder, 'file'), data);
    assert.deepEqual(await hashFile(join(folder, 'file')), { sha256: createHash('sha256').update(data).digest('hex'), bytes: data.length });
  });

  it('hashes no folder, and waits for no pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const path of [folder, join(folder, 'pipe')])
      await assert.rejects(hashFile(path), (error) => error instanceof Problem && /not a file/.test(error.message));
  });
});
