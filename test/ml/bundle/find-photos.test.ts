import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPhotos } from '../../../ml/bundle/find-photos.js';
import { put } from '../images/photo-set.js';

describe('findPhotos', () => {
  it('takes the photos of folders, however deep, without what systems and storage leave there', async () => {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-find-'));
    const litter = ['@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg', '@EADIR/b.jpg', '__MACOSX/c.jpg', '#recycle/d.jpg', '._a.jpg', '.hidden/e.jpg'];
    for (const file of ['a.JPG', 'deep/er/b.webp', 'a.xmp', 'a.json', ...litter]) await put(root, file, 'x');
    const { files, refused } = await findPhotos([root]);
    await rm(root, { recursive: true });
    assert.deepEqual([files, refused], [['a.JPG', 'deep/er/b.webp'].map((file) => join(root, file)), []]);
  });
});
