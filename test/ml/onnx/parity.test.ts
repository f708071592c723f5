import assert from 'node:assert/strict';
import { brokenLimits, digits } from '../../../ml/onnx/limits.js';
import { accuracyOf, compareModels, largestScoreError, type TestSplit } from '../../../ml/onnx/parity.js';
import type { Scored } from '../../../ml/onnx/score.js';

/** Four photos 10 to 13, two of them good; embeddings of two numbers on the unit circle, by their angle in degrees. */
const SPLIT: TestSplit = {
  photos: [10, 11, 12, 13],
  files: ['a', 'b', 'c', 'd'],
  pairs: [
    { good: 10, bad: 11 },
    { good: 12, bad: 13 },
  ],
  confidence: 0.95,
};

function scored(angles: readonly number[], scores: readonly number[]): Scored {
  const embeddings = angles.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]);
  return { embeddings: Float32Array.from(embeddings), dimensions: 2, scores: Float32Array.from(scores) };
}

describe('comparison of two models over a test split', () => {
  const exact = scored([0, 90, 180, 270], [0.4, 0.1, 0.3, 0.2]);
  // Photo b is turned by 60 degrees; the order of c and d is another, and with it that of c and b is the same.
  const other = scored([0, 150, 180, 270], [0.4, 0.1, 0.2, 0.3]);

  it('measures cosines, error over variance, order and accuracy as they are by hand', () => {
    const { cosine, errorOverVariance, pairsAlike, allPairsAlike, accuracy, accuracyDrop, worstPhotos } = compareModels(
      SPLIT,
      exact,
      other,
    );
    // Cosines 1, cos 60, 1, 1: the 5th percentile lies 0.15 of the way from the least to the next.
    assert.deepEqual([cosine.median, cosine.least, cosine.fifth].map(digits), ['1', '0.5', '0.575']);
    // A chord of 60 degrees has length 1; embeddings lie at distance 1 from their mean, which is 0.
    assert.equal(digits(errorOverVariance), '0.25');
    assert.deepEqual(
      worstPhotos.map(({ file, errorOverVariance: own }) => [file, digits(own)]),
      [
        ['b', '1'],
        ['a', '0'],
        ['c', '0'],
        ['d', '0'],
      ],
    );
    assert.deepEqual([pairsAlike, digits(allPairsAlike)], [0.5, digits(5 / 6)]);
    assert.deepEqual([accuracyOf(SPLIT, exact).value, accuracy.value, accuracyDrop.value], [1, 0.5, 0.5]);
    assert.ok(accuracyDrop.low < 0 && accuracyDrop.high > 0.5, 'of two pairs nothing is sure');
  });

  it('says by how much a score differs most from the trained network', () => {
    assert.equal(digits(largestScoreError([0.4, 0.1, 0.3, 0.25], exact)), '0.05');
  });

  it('names no limit that is kept, and keeps none with what is not a number', () => {
    const limits = { cosineMedian: 0.9, cosineFifth: 0.5, errorOverVariance: 0.3, pairsAlike: 0.5, allPairsAlike: 0.5, accuracyDrop: 0.5 };
    const settings = { fp32ScoreError: 0.001, int8: limits, int8Weights: limits };
    const agreement = { ...compareModels(SPLIT, exact, other), worstLayers: [] };
    const models = { 'onnx-int8': agreement, 'onnx-int8-weights': agreement };
    assert.deepEqual(brokenLimits({ fp32ScoreError: 0, models }, settings), []);
    const [broken, ...rest] = brokenLimits(
      { fp32ScoreError: 0, models: { ...models, 'onnx-int8-weights': { ...agreement, errorOverVariance: NaN } } },
      settings,
    );
    assert.match(broken?.message ?? '', /^weight-only INT8 .* is NaN, parity\.int8Weights\.errorOverVariance allows at most 0\.3/);
    assert.deepEqual(rest, []);
  });
});
