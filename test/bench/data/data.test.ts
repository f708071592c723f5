import assert from 'node:assert/strict';
import { photoMaker } from '../../../bench/made-photos.js';
import { folderName } from '../../../bench/data/small-set.js';
import { LIMITS } from '../../../bench/data/data.js';
import { nearDuplicates } from '../../../ml/images/near-duplicates.js';
import { photoHashes } from '../../../ml/images/photo-hashes.js';

describe('the bench of photos', () => {
  it('makes the same photo for the same seed, and others that look like none of them', async () => {
    const make = await photoMaker(undefined, 3);
    const photos = await Promise.all(Array.from({ length: 24 }, (_, seed) => make(seed, 256, 256)));
    assert.deepEqual((await make(5, 256, 256)).data, photos[5]?.data);
    assert.deepEqual(
      nearDuplicates(
        photos.map(({ data }) => photoHashes(data)),
        4,
      ).filter(({ kind }) => kind !== 'region'), // parts of two photos are in all of them
      [],
    );
  });

  it('names folders in their order', () => {
    const names = [9, 10, 100, 999].map(folderName);
    assert.deepEqual([...names].sort(), names);
  });

  it('holds what it is asked for to a limit', () => {
    for (const name of ['largeFastTorchvision', 'largeFastPillowDraft', 'pngTorchvision', 'jpegTorchvision', 'augmentMs', 'augmentOfStep'])
      assert.ok((LIMITS[name] ?? 0) > 0, name);
  });
});
