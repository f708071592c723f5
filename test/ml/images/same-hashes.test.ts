import assert from 'node:assert/strict';
import { sameHashes } from '../../../ml/images/same-hashes.js';
import { Draws } from '../../../ml/random/philox.js';

describe('sameHashes', () => {
  it('brings together those that are the same, in their order', () => {
    const same = sameHashes(Int32Array.of(1, 2, -1, 0, 1, 2, 2, 1, -1, 0, 1, 2));
    assert.deepEqual([...same.hashes], [1, 2, -1, 0, 2, 1]);
    assert.deepEqual([0, 1, 2].map((number) => [...same.members(number)]), [[0, 2, 5], [1, 4], [3]]); // prettier-ignore
  });

  it('agrees with a map of texts on many', () => {
    const draws = new Draws('crop', { seed: 6, epoch: 0, index: 0 });
    const hashes = Int32Array.from({ length: 20_000 }, () => draws.below(100));
    const expected = new Map<string, number[]>();
    for (let hash = 0; hash < hashes.length / 2; hash++) {
      const key = hashes.subarray(2 * hash, 2 * hash + 2).join();
      expected.set(key, [...(expected.get(key) ?? []), hash]);
    }
    const same = sameHashes(hashes);
    assert.equal(same.hashes.length / 2, expected.size);
    [...expected].forEach(([key, members], number) => {
      assert.equal(same.hashes.subarray(2 * number, 2 * number + 2).join(), key);
      assert.deepEqual([...same.members(number)], members);
    });
  });

  it('has nothing of nothing', () => {
    assert.equal(sameHashes(new Int32Array(0)).hashes.length, 0);
  });
});
