import assert from 'node:assert/strict';
import type { CacheIndex, DatasetIndex, Label, Photo, Split } from '../../../configs/schema/photos.js';
import { fillAugmented, fillView } from '../../../ml/images/augment.js';
import type { PhotoCache } from '../../../ml/images/cache.js';
import { fillPairBatch, pairCounts, pairsOf, shuffled, type Pair } from '../../../ml/ranking/pairs.js';

function photo(file: string, split: Split): Photo {
  const [folder = '', label = ''] = file.split('/');
  return { file, folder, label: label as Label, split, sha256: '', width: 256, height: 256, score: null };
}

function dataset(photos: readonly Photo[], pairing: DatasetIndex['pairing'] = 'by-name', limit = 64): DatasetIndex {
  return { version: 2, hash: '', root: '', synthetic: false, pairing, limit, weights: {}, photos: [...photos] };
}

const names = (index: DatasetIndex, pairs: readonly Pair[]): string[] =>
  pairs.map(({ good, bad }) => `${index.photos[good]?.file ?? ''} > ${index.photos[bad]?.file ?? ''}`);
const DRAW = { seed: 1, epoch: 0 };

describe('pairsOf with pairing by-name', () => {
  const index = dataset([
    photo('x/bad/a.png', 'train'),
    photo('x/bad/b.jpg', 'val'),
    photo('x/good/a.jpg', 'train'),
    photo('x/good/b.png', 'val'),
    photo('y/bad/Zo\u00eb.png', 'train'),
    photo('y/bad/a.png', 'train'),
    photo('y/good/Zoe\u0308.png', 'train'),
    photo('y/good/a.png', 'train'),
  ]);

  it('pairs the same stem within a folder and a split, whatever extension and composition of letters', () => {
    assert.deepEqual(names(index, pairsOf(index, 'train', DRAW)).sort(), [
      'x/good/a.jpg > x/bad/a.png',
      'y/good/Zoe\u0308.png > y/bad/Zo\u00eb.png',
      'y/good/a.png > y/bad/a.png',
    ]);
    assert.deepEqual(names(index, pairsOf(index, 'val', DRAW)), ['x/good/b.png > x/bad/b.jpg']);
    assert.deepEqual(pairsOf(index, 'test', DRAW), []);
  });

  const named = (name: string, split: Split, pairs: number): Photo[] =>
    (['bad', 'good'] as const).flatMap((label) =>
      Array.from({ length: pairs }, (_, number) => photo(`${name}/${label}/${number}.png`, split)),
    );

  it('takes pairs up to the limit in the order of their files, whatever the epoch', () => {
    const whole = dataset(named('x', 'train', 64));
    assert.deepEqual(
      pairsOf(whole, 'train', { seed: 1, epoch: 5 }),
      Array.from({ length: 64 }, (_, number) => ({ good: 64 + number, bad: number })),
    );
  });

  it('draws others of more pairs than the limit each epoch for training, and the same ones for validation', () => {
    const large = dataset([...named('x', 'train', 65), ...named('y', 'val', 65)]);
    const drawn = (split: Split, epoch: number): string[] => names(large, pairsOf(large, split, { seed: 1, epoch }));
    for (const split of ['train', 'val'] as const) assert.equal(new Set(drawn(split, 3)).size, 64);
    assert.notDeepEqual(drawn('train', 3).sort(), drawn('train', 4).sort());
    assert.deepEqual(drawn('val', 3), drawn('val', 4));
  });
});

const folder = (name: string, split: Split, good: number, bad: number): Photo[] => [
  ...Array.from({ length: good }, (_, number) => photo(`${name}/good/g${number}.png`, split)),
  ...Array.from({ length: bad }, (_, number) => photo(`${name}/bad/b${number}.png`, split)),
];

describe('pairsOf with pairing cross', () => {
  const index = dataset(
    [...folder('big', 'train', 20, 30), ...folder('small', 'train', 2, 3), ...folder('held', 'val', 20, 30)],
    'cross',
    50,
  );

  it('takes all good with all bad of a folder up to the limit, each pair once', () => {
    const pairs = names(index, pairsOf(index, 'train', DRAW));
    assert.deepEqual(
      [pairs.filter((pair) => pair.startsWith('big')).length, pairs.filter((pair) => pair.startsWith('small')).length],
      [50, 6],
    );
    assert.equal(new Set(pairs).size, 56);
    assert.ok(pairs.every((pair) => /^(\w+)\/good\/.* > \1\/bad\//.test(pair)));
  });

  it('draws anew each epoch for training and once for validation', () => {
    const drawn = (split: Split, epoch: number): string => names(index, pairsOf(index, split, { seed: 1, epoch })).join();
    assert.equal(drawn('train', 3), drawn('train', 3));
    assert.notEqual(drawn('train', 3), drawn('train', 4));
    assert.equal(drawn('val', 3), drawn('val', 4));
  });

  it('draws every pair alike over many epochs', () => {
    const tiny = dataset(folder('f', 'train', 4, 5), 'cross', 5);
    const seen = new Map<string, number>();
    for (let epoch = 0; epoch < 2000; epoch++) {
      for (const pair of names(tiny, pairsOf(tiny, 'train', { seed: 2, epoch }))) seen.set(pair, (seen.get(pair) ?? 0) + 1);
    }
    assert.equal(seen.size, 20);
    for (const count of seen.values()) assert.ok(Math.abs(count - 500) < 100, `${count}`);
  });
});

describe('pairsOf', () => {
  // Written by the release before weights: an epoch that was begun with it goes on with this one.
  it('gives the pairs that earlier releases gave for the same seed and epoch', () => {
    const sets = [folder('x', 'train', 3, 3), folder('y', 'train', 4, 5), folder('z', 'val', 4, 5)].flat();
    const photos = sets.toSorted((a, b) => (a.folder + a.label < b.folder + b.label ? -1 : 1));
    const index = dataset(photos, 'cross', 6);
    const drawn = (split: Split, epoch: number) => pairsOf(index, split, { seed: 7, epoch }).map(({ good, bad }) => [good, bad]);
    // prettier-ignore
    assert.deepEqual(drawn('train', 3), [[4, 2], [4, 1], [5, 2], [5, 1], [3, 1], [3, 0], [13, 10], [11, 10], [11, 7], [12, 8], [14, 8], [13, 6]]);
    // prettier-ignore
    assert.deepEqual(drawn('val', 3), [[22, 18], [21, 18], [21, 17], [22, 16], [23, 18], [23, 17]]);
  });
});

describe('weights of folders', () => {
  const photos = [folder('a', 'train', 2, 5), folder('b', 'train', 2, 5), folder('c', 'train', 1, 3), folder('d', 'val', 2, 5)].flat();
  const weighted = (weights: Record<string, number>, limit = 64) => ({ ...dataset(photos, 'cross', limit), weights });
  const epochOf = (index: DatasetIndex, name: string, epoch: number, split: Split = 'train'): string[] =>
    names(index, pairsOf(index, split, { seed: 3, epoch })).filter((pair) => pair.startsWith(`${name}/`));
  const times = (pairs: readonly string[]): number[] => [...new Set(pairs)].map((pair) => pairs.filter((other) => other === pair).length);

  it('draw each pair of a folder twice with 2, and half of them with 0.5, others each epoch', () => {
    const index = weighted({ a: 2, b: 0.5 });
    assert.deepEqual(
      times(epochOf(index, 'a', 1)),
      Array.from({ length: 10 }, () => 2),
    );
    assert.deepEqual(times(epochOf(index, 'b', 1)), [1, 1, 1, 1, 1]);
    assert.deepEqual(times(epochOf(index, 'c', 1)), [1, 1, 1]);
    assert.notDeepEqual(epochOf(index, 'b', 1).sort(), epochOf(index, 'b', 2).sort());
  });

  it('draw different pairs where the limit leaves more than are wanted, and one a second time only after all', () => {
    assert.deepEqual(
      times(epochOf(weighted({ a: 2 }, 4), 'a', 1)),
      Array.from({ length: 8 }, () => 1),
    );
    assert.deepEqual(times(epochOf(weighted({ a: 3 }, 4), 'a', 1)).sort(), [1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
  });

  it('round, leave at least one pair, and say how many an epoch has', () => {
    const index = weighted({ a: 0.25, b: 0.001, c: 1.5, d: 5 });
    const row = (name: string, pairs: number, weight: number, perEpoch: number) => ({
      folder: name,
      split: 'train',
      pairs,
      weight,
      perEpoch,
    });
    assert.deepEqual(pairCounts(index, 'train'), [row('a', 10, 0.25, 3), row('b', 10, 0.001, 1), row('c', 3, 1.5, 5)]);
    for (const { folder: name, perEpoch } of pairCounts(index, 'train')) assert.equal(epochOf(index, name, 2).length, perEpoch);
  });

  it('change nothing in validation, nor the pairs of other folders', () => {
    const [plain, index] = [weighted({}), weighted({ a: 2, d: 5 })];
    assert.deepEqual(pairCounts(index, 'val'), [{ folder: 'd', split: 'val', pairs: 10, weight: 1, perEpoch: 10 }]);
    assert.deepEqual(epochOf(index, 'd', 1, 'val'), epochOf(plain, 'd', 1, 'val'));
    assert.deepEqual(epochOf(index, 'b', 1), epochOf(plain, 'b', 1));
  });

  it('are of the folder that is named, also where it is called like what every object has', () => {
    const index = dataset(folder('constructor', 'train', 1, 2), 'cross');
    assert.deepEqual(pairCounts(index, 'train')[0]?.perEpoch, 2);
  });
});

describe('shuffled', () => {
  it('holds the same pairs in an order of the epoch', () => {
    const pairs = Array.from({ length: 30 }, (_, number) => ({ good: number, bad: number + 100 }));
    const order = shuffled(pairs, { seed: 1, epoch: 2 });
    assert.deepEqual(
      [...order].sort((a, b) => a.good - b.good),
      pairs,
    );
    assert.deepEqual(shuffled(pairs, { seed: 1, epoch: 2 }), order);
    assert.notDeepEqual(shuffled(pairs, { seed: 1, epoch: 3 }), order);
  });
});

describe('fillPairBatch', () => {
  const size = 12;
  const crop = 8;
  const floats = crop * crop * 3;
  const index: CacheIndex = {
    version: 1,
    dataset: dataset([]),
    size,
    crop,
    mean: [0.5, 0.4, 0.3],
    std: [0.2, 0.2, 0.2],
    augment: { flip: 0.5, brightness: 0.1, contrast: 0.1, rotation: 5 },
    cacheSha256: '',
  };
  const squares = Array.from({ length: 6 }, (_, number) =>
    Uint8Array.from({ length: size * size * 3 }, (_unused, at) => (at * (7 + number)) % 256),
  );
  const cache: PhotoCache = { index, count: 6, pixels: (number) => squares[number] ?? new Uint8Array(), close: () => Promise.resolve() };
  const pairs: Pair[] = [
    { good: 0, bad: 3 },
    { good: 1, bad: 4 },
    { good: 2, bad: 5 },
  ];
  const view = (photo: number): number[] => {
    const out = new Float32Array(floats);
    fillView(cache, photo, out, 0);
    return [...out];
  };
  const slice = (out: Float32Array, position: number): number[] => [...out.subarray(position * floats, (position + 1) * floats)];

  it('puts good photos first and bad ones behind, unaugmented without a draw', () => {
    const out = new Float32Array(6 * floats);
    fillPairBatch(cache, pairs, 0, null, out);
    for (let photo = 0; photo < 6; photo++) assert.deepEqual(slice(out, photo), view(photo));
  });

  it('augments good photos only, each by its position in the epoch, however the epoch is cut into batches', () => {
    const draw = { seed: 4, epoch: 2 };
    const whole = new Float32Array(6 * floats);
    fillPairBatch(cache, pairs, 10, draw, whole);
    const last = new Float32Array(2 * floats);
    fillPairBatch(cache, pairs.slice(2), 12, draw, last);
    assert.deepEqual(slice(last, 0), slice(whole, 2));
    pairs.forEach(({ good, bad }, position) => {
      const expected = new Float32Array(floats);
      fillAugmented(cache, good, { ...draw, index: 10 + position }, expected, 0);
      assert.deepEqual(slice(whole, position), [...expected]);
      assert.notDeepEqual(slice(whole, position), view(good));
      assert.deepEqual(slice(whole, 3 + position), view(bad));
    });
  });

  it('refuses an array that is too small', () =>
    assert.throws(() => fillPairBatch(cache, pairs, 0, null, new Float32Array(5 * floats)), RangeError));
});
