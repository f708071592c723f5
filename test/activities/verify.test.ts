import assert from 'node:assert/strict';
import { mkdtemp, open, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { artifactDigests, checkArtifacts, type Verdict } from '../../activities/verify.js';
import type { Artifact } from '../../configs/schema/payload.js';
import { hashFile } from '../../ml/files/atomic.js';

/** Large enough to be remembered. */
const BYTES = 1 << 20;

describe('what is said of artifacts', function () {
  this.timeout(20_000);
  let root: string;
  let artifacts: Artifact[];
  const NAMES = ['whole', 'flipped', 'replaced', 'cut', 'gone'];
  const check = (): Promise<Verdict> =>
    checkArtifacts(
      root,
      artifacts,
      artifactDigests(root, (message) => assert.fail(message)),
    );

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-verify-'));
    for (const name of NAMES) await writeFile(join(root, name), Buffer.alloc(BYTES, name));
    artifacts = await Promise.all(NAMES.map(async (name) => ({ name, path: name, ...(await hashFile(join(root, name))) })));
    await delay(2_100); // a file is remembered once it has rested; nothing tells when
    assert.deepEqual(await check(), { missing: [], altered: [] });
  });
  after(() => rm(root, { recursive: true }));

  it('is that they are as they were while they are, whether they were read or remembered', async () => {
    assert.deepEqual(await check(), { missing: [], altered: [] });
  });

  it('names each that is altered or gone, though it is remembered and its size and time of modification are as before', async () => {
    const { atime, mtime } = await stat(join(root, 'flipped'));
    const file = await open(join(root, 'flipped'), 'r+');
    await file.write(Buffer.of(0), 0, 1, 12_345);
    await file.close();
    await utimes(join(root, 'flipped'), atime, mtime);
    await writeFile(join(root, 'other'), Buffer.alloc(BYTES, 'other'));
    await rename(join(root, 'other'), join(root, 'replaced'));
    await truncate(join(root, 'cut'), BYTES - 1);
    await rm(join(root, 'gone'));
    assert.deepEqual(await check(), { missing: ['gone'], altered: ['flipped', 'replaced', 'cut'] });
  });
});
