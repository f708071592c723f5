import assert from 'node:assert/strict';
import { landmarksOf, wholesOf } from '../../../ml/images/hash-table.js';
import { HASHED_SIDE, photoHashes } from '../../../ml/images/photo-hashes.js';
import { madePhoto } from './made-photo.js';
import { hashesOf } from './recall/recall.js';

describe('photoHashes', () => {
  it('takes at most 364 characters, and the tables read from it what was found', async () => {
    const texts = await Promise.all([1, 2].map(async (number) => (await hashesOf(await madePhoto(number))) ?? ''));
    const table = landmarksOf(texts);
    const wholes = wholesOf(texts);
    texts.forEach((text, photo) => {
      assert.ok(text.length > 100 && text.length <= 364, `${text.length}`);
      const [first, end] = [table.starts[photo] ?? 0, table.starts[photo + 1] ?? 0];
      assert.equal(end - first, (Buffer.from(text, 'base64').length - 8) / 11);
      assert.ok(table.photos.subarray(first, end).every((of) => of === photo));
      const rewritten = Buffer.concat([
        Buffer.from(new Uint32Array(wholes.subarray(2 * photo, 2 * photo + 2)).buffer).swap32(),
        ...Array.from({ length: end - first }, (_, number) => {
          const landmark = first + number;
          const words = Buffer.from(new Uint32Array(table.landmarks.subarray(2 * landmark, 2 * landmark + 2)).buffer).swap32();
          return Buffer.concat([words, table.places.subarray(3 * landmark, 3 * landmark + 3)]);
        }),
      ]);
      assert.equal(rewritten.toString('base64'), text);
    });
  });

  it('is none for a nearly uniform picture, which looks like every other', () => {
    assert.equal(photoHashes(new Uint8Array(HASHED_SIDE ** 2 * 3).fill(77)), null);
    assert.equal(photoHashes(Uint8Array.from({ length: HASHED_SIDE ** 2 * 3 }, (_, at) => 77 + (at % 3))), null);
  });
});
