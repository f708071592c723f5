import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Label } from '../../../configs/schema/photos.js';
import { countsOf, distributionsOf, edgesOf } from '../../../ml/images/distributions.js';
import { madeSet, type MadePhoto } from './made-set.js';

const photo = (label: Label, stem: number, more: Partial<MadePhoto> = {}): MadePhoto => ({
  folder: 'one',
  label,
  stem: String(stem),
  ...more,
});

describe('distributionsOf', () => {
  it('counts good and bad photos apart, in bins of round numbers, the last with its upper end', () => {
    const set = madeSet([60, 60, 75, 90].map((quality, place) => photo(place % 2 === 0 ? 'good' : 'bad', place, { quality })));
    const quality = distributionsOf(set).find(({ name }) => name === 'JPEG quality');
    assert.equal(quality?.unit, '1 to 100');
    assert.deepEqual(
      quality?.bins.filter(({ good, bad }) => good + bad > 0),
      [
        { from: 60, to: 62, good: 1, bad: 1 },
        { from: 74, to: 76, good: 1, bad: 0 },
        { from: 88, to: 90, good: 0, bad: 1 },
      ],
    );
  });

  it('measures shortest side, megapixels, aspect, KiB, quality and score, and leaves out what no photo has', () => {
    const one = photo('good', 1, { sides: { width: 4_000, height: 3_000 }, bytes: 2_048, score: 7, quality: 80 });
    const all = distributionsOf(madeSet([one])).map(({ name, unit, bins }) => [name, unit, bins[0]?.from]);
    assert.deepEqual(all, [
      ['shortest side', 'px', 3_000],
      ['size', 'megapixels', 12],
      ['aspect', 'width / height', 4_000 / 3_000],
      ['file', 'KiB', 2],
      ['JPEG quality', '1 to 100', 80],
      ['score', 'mean opinion', 7],
    ]);
    const unread = distributionsOf(madeSet([photo('bad', 1, { sides: null, format: null })]));
    assert.deepEqual(
      unread.map(({ name }) => name),
      ['file'],
    );
  });

  it('holds every photo once, in a bin that its value is in', () => {
    const bytes = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 2 ** 40 }));
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 50 }), (sizes) => {
        const photos = sizes.map((bytes, place) => photo(place % 3 === 0 ? 'good' : 'bad', place, { bytes }));
        const { bins } = distributionsOf(madeSet(photos)).find(({ name }) => name === 'file') ?? assert.fail();
        assert.ok(bins.length >= 1 && bins.length <= 20);
        const kib = sizes.map((size) => size / 1_024);
        bins.forEach(({ from, to, good, bad }, place) => {
          const last = place === bins.length - 1;
          assert.ok(from < to || (bins.length === 1 && from === to));
          if (!last) assert.equal(to, bins[place + 1]?.from);
          assert.equal(good + bad, kib.filter((value) => value >= from && (value < to || (last && value === to))).length);
        });
        assert.equal(
          bins.reduce((sum, { good }) => sum + good, 0),
          Math.ceil(sizes.length / 3),
        );
      }),
    );
  });
});

describe('edgesOf', () => {
  it('rises from at most the least to at least the most, in at most 20 steps', () => {
    const value = fc.oneof(
      fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
      fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1_000),
    );
    fc.assert(
      fc.property(value, value, fc.constantFrom('linear' as const, 'logarithmic' as const), (one, other, scale) => {
        const [least, most] = [Math.min(one, other), Math.max(one, other)];
        const edges = edgesOf(least, most, scale);
        assert.ok(edges.length >= 2 && edges.length <= 21);
        assert.ok((edges[0] ?? Infinity) <= least && (edges.at(-1) ?? -Infinity) >= most);
        for (const [place, edge] of edges.slice(1).entries()) assert.ok(least === most || edge > (edges[place] ?? Infinity), edges.join());
      }),
      { numRuns: 2_000 },
    );
  });

  it('steps by factors where the most is many times the least', () => {
    assert.deepEqual(
      edgesOf(90, 4_500, 'logarithmic'),
      [80, 100, 120, 150, 200, 250, 300, 400, 500, 600, 800, 1_000, 1_200, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000],
    );
    assert.deepEqual(edgesOf(0.5, 3e6, 'logarithmic').length <= 21, true);
    assert.deepEqual(edgesOf(1_000, 1_100, 'logarithmic').slice(0, 3), [1_000, 1_005, 1_010]);
  });
});

describe('countsOf', () => {
  it('counts formats, encoders, orientations and colours, most frequent first', () => {
    const counts = countsOf(
      madeSet([
        photo('good', 1, { format: 'jpeg', encoder: 'GIMP', orientation: 6 }),
        photo('bad', 1, { faults: [['not-srgb', 'is encoded in CMYK']] }),
        photo('bad', 2, { format: null, orientation: null }),
        photo('good', 2),
        photo('good', 3),
      ]),
    );
    assert.deepEqual(counts, [
      {
        name: 'format',
        values: [
          { value: 'png', good: 2, bad: 1 },
          { value: 'jpeg', good: 1, bad: 0 },
          { value: 'unknown', good: 0, bad: 1 },
        ],
      },
      {
        name: 'encoder',
        values: [
          { value: 'unknown', good: 2, bad: 2 },
          { value: 'GIMP', good: 1, bad: 0 },
        ],
      },
      {
        name: 'orientation',
        values: [
          { value: 'upright', good: 2, bad: 1 },
          { value: 'turned by 90°', good: 1, bad: 0 },
          { value: 'unknown', good: 0, bad: 1 },
        ],
      },
      {
        name: 'colour',
        values: [
          { value: 'sRGB', good: 3, bad: 0 },
          { value: 'is encoded in CMYK', good: 0, bad: 1 },
          { value: 'unknown', good: 0, bad: 1 },
        ],
      },
    ]);
  });

  it('counts together what is beyond the twenty most frequent', () => {
    const photos = Array.from({ length: 30 }, (_, place) =>
      photo(place < 15 ? 'good' : 'bad', place, { encoder: `E${String(place).padStart(2, '0')}` }),
    );
    const encoders = countsOf(madeSet([...photos, photo('good', 99, { encoder: 'E29' })])).find(({ name }) => name === 'encoder')?.values;
    assert.deepEqual([encoders?.length, encoders?.[0]], [21, { value: 'E29', good: 1, bad: 1 }]);
    assert.deepEqual(encoders?.at(-1), { value: 'others (10)', good: 0, bad: 10 });
  });
});
