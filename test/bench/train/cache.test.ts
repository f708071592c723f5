import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureCache } from '../../../bench/train/cache.js';
import { Problem } from '../../../configs/problem.js';
import { png, put } from '../../ml/images/photo-set.js';

const ABSENT = { python: null, why: 'no network' } as const;

describe('the bench of photos into the cache', () => {
  let root = '';
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-bench-'))));
  afterEach(() => rm(root, { recursive: true }));
  const measure = (photos: string): ReturnType<typeof measureCache> =>
    measureCache(ABSENT, { rounds: 1, photos, workplace: join(root, 'workplace') }, () => undefined);

  it('measures us without the peer, says why it is not there, and leaves nothing behind', async () => {
    for (const [number, file] of ['a.png', 'deeper/b.PNG'].entries()) await put(root, `photos/${file}`, await png(number));
    await put(root, 'photos/notes.txt', 'no photo');
    const { ratios, medians, missing } = await measure(join(root, 'photos'));
    assert.deepEqual([ratios, missing], [{}, { cacheDataLoader: 'no network' }]);
    assert.deepEqual(Object.keys(medians), ['oursCachePhotosPerSecond']);
    assert.ok((medians['oursCachePhotosPerSecond'] ?? 0) > 0);
    assert.deepEqual(await readdir(join(root, 'workplace')), []);
  });

  it('refuses a folder without photos', async () => {
    await put(root, 'photos/notes.txt', 'no photo');
    for (const folder of ['photos', 'nowhere'])
      await assert.rejects(measure(join(root, folder)), (error) => error instanceof Problem && error.code === 'NOT_FOUND', folder);
  });
});
