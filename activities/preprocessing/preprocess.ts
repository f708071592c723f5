/** Stage 3: every photo decoded once into the packed cache that all later stages read. */
import { dirname } from 'node:path';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { CacheIndex, DatasetIndex } from '../../configs/schema/photos.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { Pace, paced } from '../../ml/images/pace.js';
import { packPhotos } from '../../ml/images/pack.js';
import { LONGEST_TEXT, needRecord } from '../../ml/files/record.js';
import type { TaskFunction } from '../task.js';

export const preprocess: TaskFunction<SettingsOf<'preprocess'>> = async (context) => {
  const { root, folder, settings, signal } = context;
  const dataset = await needRecord(context.artifact('dataset'), DatasetIndex, {
    cure: `emo-aen retry ${context.run}`,
    mostBytes: LONGEST_TEXT,
  });
  const total = dataset.photos.length;
  const told = { total, unit: 'photos' };
  context.progress({ message: 'looking for a cache of these photos', done: 0, ...told });
  const pace = new Pace();
  const remarks: string[] = [];
  const cache = await packPhotos({
    root,
    dataset,
    size: settings.resize,
    folder: dirname(await context.file('.emo-aen', 'cache', 'photos')),
    signal,
    onForgetful: (message) => remarks.push(message),
    onPhoto: (done) => context.progress({ ...paced('packing photos', pace.at(done, total)), done, ...told }),
  });
  const index: CacheIndex = {
    version: 1,
    dataset,
    size: settings.resize,
    crop: settings.crop,
    ...settings.normalize,
    augment: settings.augment,
    cacheSha256: cache.sha256,
  };
  const indexFile = await context.file('runs', folder, 'cache-index.json');
  await writeJsonAtomically(indexFile, CacheIndex.parse(index));
  return {
    artifacts: [
      { name: 'cache', path: cache.path },
      { name: 'cache-index', path: indexFile },
    ],
    summary: { photos: total, cacheMiB: Math.round(cache.bytes / 2 ** 20), reused: cache.reused },
    warnings: remarks,
  };
};
