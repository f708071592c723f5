import assert from 'node:assert/strict';
import { summarisePhotos, type Round } from '../../../bench/train/photos-summary.js';

const round = (seed: number, seconds: number, validation: readonly number[], right: number): Round => ({
  seed,
  seconds,
  trained: {
    prepareSeconds: 1,
    trainingSeconds: seconds / 2,
    epochs: validation.map((valAccuracy) => ({ loss: 0.1, accuracy: 0.5, valLoss: 0.1, valAccuracy, seconds: seconds / 10 })),
    bestEpoch: 1,
    test: { right, count: 100 },
    versions: {},
  },
});

describe('the summary of training on photos', () => {
  const ours = [round(0, 20, [0.7, 0.8], 80), round(1, 40, [0.9, 0.6], 90), round(2, 30, [0.5], 97)];

  it('divides the medians of our seconds by those of theirs', () => {
    const { ratios, medians } = summarisePhotos(ours, [round(0, 60, [0.5], 50)]);
    assert.deepEqual(ratios, { photosSeconds: 0.5, photosTrainingSeconds: 0.5, photosEpochSeconds: 0.5 });
    assert.deepEqual([medians['oursPhotosSeconds'], medians['torchPhotosSeconds']], [30, 60]);
  });

  it('has the best validation accuracy of each round, and the test split with its interval over all pairs', () => {
    const { shares, trainings } = summarisePhotos(ours, null);
    assert.deepEqual(shares, { oursPhotosValidation: 0.8, oursPhotosTest: 0.9 });
    const { test, rounds } = trainings['oursPhotos'] ?? assert.fail();
    assert.deepEqual([test.value, test.count, rounds.length, rounds[0]?.test.value], [0.89, 300, 3, 0.8]);
    // Wilson's formula in Python: 0.84954, 0.92059.
    assert.ok(Math.abs(test.low - 0.8495) < 5e-4 && Math.abs(test.high - 0.9206) < 5e-4, `${test.low} ${test.high}`);
  });

  it('has no ratio to a peer that was not measured', () => {
    assert.deepEqual(summarisePhotos(ours, null).ratios, {});
  });
});
