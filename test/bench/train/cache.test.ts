import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from '../../../bench/train/cache.js';
import type { Peer } from '../../../bench/peers.js';
import type { Findings } from '../../../bench/report.js';
import { Problem } from '../../../configs/problem.js';
import { png, put } from '../../ml/images/photo-set.js';

const ABSENT = { python: null, why: 'no network' } as const;

describe('the bench of photos into the cache', () => {
  let root = '';
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-bench-'))));
  afterEach(() => rm(root, { recursive: true }));
  const measure = (photos: string, peer: Peer = ABSENT): Promise<Findings> =>
    compare(peer, { rounds: 2, photos: join(root, photos) }, join(root, 'workplace'), () => undefined);

  it('measures us without the peer, says why it is not there, and leaves nothing behind', async () => {
    for (const [number, file] of ['a.png', 'deeper/b.PNG'].entries()) await put(root, `photos/${file}`, await png(number));
    await put(root, 'photos/notes.txt', 'no photo');
    const { ratios, medians, missing } = await measure('photos');
    assert.deepEqual([ratios, missing], [{}, { cacheDataLoader: 'no network' }]);
    assert.deepEqual(Object.keys(medians), ['oursPhotosPerSecond']);
    assert.ok((medians['oursPhotosPerSecond'] ?? 0) > 0);
    assert.deepEqual(await readdir(root), ['photos']);
  });

  it('goes on without a peer that fails, and says what it said', async () => {
    await put(root, 'photos/a.png', await png(1));
    const { ratios, missing } = await measure('photos', { python: process.execPath, why: null });
    assert.deepEqual(ratios, {});
    assert.match(missing['cacheDataLoader'] ?? '', /^failed: ./);
  });

  it('refuses a folder without photos', async () => {
    await put(root, 'photos/notes.txt', 'no photo');
    for (const folder of ['photos', 'nowhere'])
      await assert.rejects(measure(folder), (error) => error instanceof Problem && error.code === 'NOT_FOUND', folder);
  });
});
