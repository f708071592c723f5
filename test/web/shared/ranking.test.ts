import assert from 'node:assert/strict';
import fc from 'fast-check';
import { percentileOf, rank } from '../../../web/shared/ranking.js';

const quantiles = Array.from({ length: 21 }, (_, index) => index / 10 - 1);
const photos = [0.1, 0.5, 0.495, -0.2].map((score, id) => ({ id, name: `${id}.jpg`, score }));

describe('rank', () => {
  it('puts the best first and names of one score in order', () => {
    const tied = [...photos, { id: 9, name: '0', score: 0.5 }];
    assert.deepEqual(
      rank(tied, null).map(({ id }) => id),
      [9, 1, 2, 0, 3],
    );
  });

  it('says which neighbours are too close to call, and by how much', () => {
    const gaps = rank(photos, { quantiles, close: 0.02 }).map(({ closeToNext }) => closeToNext);
    assert.ok(Math.abs((gaps[0] ?? NaN) - 0.005) < 1e-12);
    assert.deepEqual(gaps.slice(1), [null, null, null]);
  });

  it('claims neither percentile nor closeness where the manifest tells no scores', () => {
    for (const { percentile, closeToNext } of rank(photos, null)) assert.deepEqual([percentile, closeToNext], [null, null]);
  });
});

describe('percentileOf', () => {
  it('is linear between quantiles and ends at 0 and 100', () => {
    assert.deepEqual(
      [-2, -1, -0.95, 0, 1, 2].map((score) => Math.round(percentileOf(score, quantiles) * 1e6) / 1e6),
      [0, 0, 2.5, 50, 100, 100],
    );
  });

  it('never falls as the score rises, also where quantiles coincide', () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 21, maxLength: 21 }), number, number, (values, a, b) => {
        const sorted = values.toSorted((x, y) => x - y);
        const [low, high] = [percentileOf(Math.min(a, b), sorted), percentileOf(Math.max(a, b), sorted)];
        assert.ok(low >= 0 && low <= high && high <= 100);
      }),
    );
  });
});
