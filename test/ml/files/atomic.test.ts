import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { hashFile, writeAtomically, writeFileAtomically } from '../../../ml/files/atomic.js';

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
      await file.write('half of wh');
      throw new Error('torn');
    });
    await assert.rejects(half, /torn/);
    assert.equal(await readFile(path, 'utf8'), 'before');
    assert.deepEqual(await readdir(folder), ['file']);
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

  it('hashes what is on disk', async () => {
    const data = Buffer.alloc(3_000_001, 7);
    await writeFileAtomically(join(folder, 'file'), data);
    assert.deepEqual(await hashFile(join(folder, 'file')), { sha256: createHash('sha256').update(data).digest('hex'), bytes: data.length });
  });
});
