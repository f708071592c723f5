import assert from 'node:assert/strict';
import { diagnose, type Diagnosis } from '../../../ml/engine/diagnosis.js';
import { Learner, type MicroBatch } from '../../../ml/engine/learner.js';
import { initialise } from '../../../ml/network/initialise.js';
import { describeNetwork, type NetworkSpec } from '../../../ml/network/network.js';
import { seeded } from '../onnx/seeded-network.js';
import { engineOf, tensorFlow } from './programs.js';
import { smallSettings } from './small-set.js';

const CROP = 32;
const PHOTO = CROP * CROP * 3;
const SPEC: NetworkSpec = {
  backbone: 'mobilenet_v3_large_minimalistic',
  embedding: 8,
  padding: 'symmetric',
  batchNorm: { mode: 'frozen', momentum: 0.1, epsilon: 0.001 },
  regression: true,
};

/** A learner whose stored parameter `name` holds `values` at its beginning. */
function learnerWith(name = 'head.bias', values: readonly number[] = []): Learner {
  const network = describeNetwork(SPEC);
  const stored = initialise(network, 1);
  stored.get(name)?.data.set(values);
  const { loss, optimizer, loop } = smallSettings();
  const settings = { crop: CROP, precision: 'float32' as const, loss, optimizer, clip: loop.clip };
  return new Learner({ tensorFlow: tensorFlow(), engine: engineOf('graph'), network, stored, training: true, settings });
}

function batchOf(pairs: number, target = 0.5): MicroBatch {
  const rows = 2 * pairs;
  return {
    pairs,
    photos: seeded('photos', rows * PHOTO, (u) => 4 * u - 2),
    target: new Float32Array(rows).fill(target),
    mask: new Float32Array(rows).fill(1),
  };
}

/** The same batch with every number of the photo in `row` made `value`. */
function spoilt(batch: MicroBatch, row: number, value: number): MicroBatch {
  return { ...batch, photos: batch.photos.slice().fill(value, row * PHOTO, (row + 1) * PHOTO) };
}

describe('the diagnosis of a step', function () {
  this.timeout(60_000);
  const found = (learner: Learner, batches: readonly MicroBatch[]): Diagnosis => {
    const before = tensorFlow().getNumOfTensors();
    const diagnosis = diagnose(learner, batches);
    assert.equal(tensorFlow().getNumOfTensors(), before, 'it leaves no tensor behind');
    learner.close();
    return diagnosis;
  };

  it('names the photos that are not finite to begin with', () => {
    const { finding, photos } = found(learnerWith(), [spoilt(spoilt(batchOf(3), 1, NaN), 5, Infinity)]);
    assert.match(finding, /^photos hold numbers that are not finite/);
    assert.deepEqual(photos, [
      { pair: 1, side: 'good' },
      { pair: 2, side: 'bad' },
    ]);
  });

  it('names the first layer that goes beyond the numbers there are, what went into it, and for which photo', () => {
    const { finding, photos } = found(learnerWith(), [batchOf(2), spoilt(batchOf(2), 2, 3.2e38)]);
    assert.match(finding, /^features\.0\.0 \(conv\) is the first layer whose output is not finite; .* goes into it is 3\.2e\+38$/);
    assert.deepEqual(photos, [{ pair: 2, side: 'bad' }], 'the first pair of the second micro-batch');
  });

  it('names parameters that were broken before', () => {
    const { finding, photos } = found(learnerWith('features.2.block.0.0.weight', [NaN]), [batchOf(2)]);
    assert.equal(finding, 'before the step features.2.block.0.0.weight held numbers that are not finite');
    assert.equal(photos.length, 4);
  });

  it('names the gradients that are not finite, those that were made first', () => {
    // Scores of people near the end of the numbers: the regression head's own gradient still is one, that of what it looks at is not.
    const { finding, photos } = found(learnerWith(), [batchOf(2), batchOf(1, 3e38)]);
    assert.match(finding, /^every layer's output is finite \(.*\), the gradient of head\.bias, head\.weight, .* and \d+ more is not$/);
    assert.deepEqual(photos, [
      { pair: 2, side: 'good' },
      { pair: 2, side: 'bad' },
    ]);
  });

  it('says where most of the gradient is when all of it is finite', () => {
    const { finding, photos } = found(learnerWith(), [batchOf(2, 1e6)]);
    assert.match(
      finding,
      /^every layer's output is finite \(the largest number is .*\); \d+ % of the gradients' squared norm is that of .*/,
    );
    assert.equal(photos.length, 4);
  });
});
