import assert from 'node:assert/strict';
import { emptyBatch, pairsOfStep, TrainingData } from '../../../ml/engine/data.js';
import type { CacheIndex, Photo } from '../../../configs/schema/photos.js';

const ORDER = Array.from({ length: 10 }, (_, number) => ({ good: number, bad: number + 100 }));

describe('the steps of an epoch', () => {
  it('use every pair, and fill the last step from the beginning', () => {
    const goods = [0, 1, 2].map((step) => pairsOfStep(ORDER, step, 4).map(({ good }) => good));
    assert.deepEqual(goods, [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 0, 1],
    ]);
  });
});

describe('training data with weights', () => {
  const photos = ['much', 'little'].flatMap((folder) =>
    (['bad', 'good'] as const).flatMap((label) =>
      Array.from({ length: 6 }, (_, number): Photo => {
        const file = `${folder}/${label}/${number}.png`;
        return { file, folder, label, split: 'train', sha256: '', width: 1, height: 1, score: null };
      }),
    ),
  );
  const weights = { much: 1.5, little: 0.5 };
  const dataset = { version: 2, hash: '', root: '', synthetic: false, pairing: 'by-name', limit: 64, weights, photos } as const;
  const index: CacheIndex = {
    version: 1,
    dataset: { ...dataset, photos },
    size: 1,
    crop: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    augment: { flip: 0, brightness: 0, contrast: 0, rotation: 0 },
    cacheSha256: '',
  };
  const cache = { index, count: photos.length, pixels: () => new Uint8Array(3), close: () => Promise.resolve() };

  it('has epochs of one length, each with pairs of its own, and goes on in the middle of one as if it had never stopped', () => {
    const whole = [...new TrainingData(cache, 5).stepsFrom({ epoch: 1, stepInEpoch: 0 }, 4, 3)];
    assert.deepEqual(
      whole.map(({ epoch }) => epoch),
      [1, 1, 1, 2, 2, 2, 3, 3, 3],
    );
    const resumed = [...new TrainingData(cache, 5).stepsFrom({ epoch: 2, stepInEpoch: 1 }, 4, 3)];
    assert.deepEqual(resumed, whole.slice(4));
    const littleOf = (epoch: number): number[] =>
      new TrainingData(cache, 5)
        .epoch(epoch)
        .flatMap(({ good }) => (photos[good]?.folder === 'little' ? [good] : []))
        .sort();
    assert.equal(littleOf(1).length, 3);
    assert.ok([2, 3, 4, 5].some((epoch) => littleOf(epoch).join() !== littleOf(1).join()));
  });

  it("gives the regression head the means of people's scores, and a mask where there is none", () => {
    const scored = photos.map((photo, number): Photo => (number === 6 ? { ...photo, score: 7.25, deviation: 2, count: 9 } : photo));
    const data = new TrainingData({ ...cache, index: { ...index, dataset: { ...dataset, photos: scored } } }, 5);
    const batch = emptyBatch(2, 1);
    data.fill({ epoch: 1, firstIndex: 0, pairs: [1, 0].map((place) => ({ good: 6 + place, bad: place })) }, [batch]);
    assert.deepEqual(
      [batch.target, batch.mask].map((row) => [...row]),
      [
        [0, 7.25, 0, 0],
        [0, 1, 0, 0],
      ],
    );
  });
});
