import assert from 'node:assert/strict';
import { Problem } from '../../../configs/problem.js';
import { landmarksOf, wholesOf } from '../../../ml/images/hash-table.js';

describe('wholesOf and landmarksOf', () => {
  it('refuses what is no hash', () => {
    for (const text of ['', 'AAAA', Buffer.alloc(9).toString('base64')]) {
      for (const read of [wholesOf, landmarksOf]) assert.throws(() => read([text]), (error) => error instanceof Problem && error.code === 'PHOTO' && error.cure !== undefined); // prettier-ignore
    }
  });
});
