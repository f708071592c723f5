import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { audit } from '../../../activities/dataset/audit.js';
import { preprocess } from '../../../activities/preprocessing/preprocess.js';
import { CATALOG } from '../../../configs/schema/catalog.js';
import type { Progress } from '../../../configs/schema/payload.js';
import type { PreprocessSettings } from '../../../configs/schema/preprocess.js';
import { openCache } from '../../../ml/images/cache.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { SETTINGS, soundProject } from '../../ml/images/photo-set.js';
import { taskContext } from '../task-context.js';

const PREPROCESS: PreprocessSettings = {
  resize: 64,
  crop: 56,
  normalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  augment: { flip: 0.5, brightness: 0.1, contrast: 0.1, rotation: 5 },
};

describe('the preprocess task', () => {
  let root: string;
  let dataset: string;
  beforeEach(async () => {
    root = await soundProject();
    const { artifacts } = await audit(taskContext({ root, task: 'audit', settings: SETTINGS }));
    dataset = artifacts.find(({ name }) => name === 'dataset')?.path ?? '';
  });
  afterEach(() => rm(root, { recursive: true }));

  it('provides a cache and its index, which names the photos and the settings as they ran', async () => {
    const told: Progress[] = [];
    const { artifacts, summary } = await preprocess(
      taskContext({ root, task: 'preprocess', settings: PREPROCESS, artifacts: { dataset }, progress: (now) => told.push(now) }),
    );
    assert.deepEqual(artifacts.map(({ name }) => name).sort(), [...CATALOG.preprocess.provides].sort());
    const [path = '', indexPath = ''] = ['cache', 'cache-index'].map((name) => artifacts.find((file) => file.name === name)?.path);
    const cache = await openCache(indexPath, path);
    assert.deepEqual(cache.index.dataset, JSON.parse(await readFile(dataset, 'utf8')));
    const { size, crop, mean, std, augment, cacheSha256 } = cache.index;
    assert.deepEqual({ resize: size, crop, normalize: { mean, std }, augment }, PREPROCESS);
    assert.equal(cacheSha256, (await hashFile(path)).sha256);
    assert.equal(cache.pixels(11).length, 64 * 64 * 3);
    await cache.close();
    assert.deepEqual([told.at(-1)?.done, told.at(-1)?.total, summary['reused']], [12, 12, false]);
  });

  it('shares one cache between runs, also where only crop and augmentation differ', async () => {
    const first = await preprocess(taskContext({ root, task: 'preprocess', settings: PREPROCESS, artifacts: { dataset } }));
    const settings = { ...PREPROCESS, crop: 48, augment: { ...PREPROCESS.augment, flip: 0 } };
    const second = await preprocess(taskContext({ root, run: 'other', task: 'preprocess', settings, artifacts: { dataset } }));
    const cacheOf = (result: typeof first): string => basename(result.artifacts.find(({ name }) => name === 'cache')?.path ?? '');
    assert.equal(cacheOf(second), cacheOf(first));
    assert.equal(second.summary['reused'], true);
  });
});
