import assert from 'node:assert/strict';
import { afterEpoch, AT_START, type TrainingState } from '../../../ml/engine/training-state.js';

const RULE = { points: 0.5, evaluations: 5 };

function after(accuracies: readonly number[], epochs = 100, losses: readonly number[] = []): TrainingState {
  return accuracies.reduce((state, accuracy, at) => afterEpoch(state, { accuracy, loss: losses[at] ?? 0.1 }, RULE, epochs), AT_START);
}

describe('early stopping', () => {
  it('comes after five evaluations in a row without half a point more', () => {
    assert.equal(after([0.8, 0.8, 0.8, 0.8, 0.8]).ended, null);
    assert.equal(after([0.8, 0.8, 0.8, 0.8, 0.8, 0.8]).ended, 'early stopping');
    assert.equal(after([0.8, 0.804, 0.803, 0.7, 0.804, 0.8049]).ended, 'early stopping');
  });

  it('counts half a point as an improvement, exactly, and begins to count anew', () => {
    assert.equal(after([0.5, 0.5, 0.5, 0.5, 0.5, 0.505]).stopping.stale, 0);
    assert.equal(after([0.7, 0.7, 0.7, 0.705]).stopping.stale, 0);
  });

  it('adds up improvements that are smaller one by one', () => {
    assert.equal(after([0.8, 0.803, 0.806]).stopping.stale, 0);
  });
});

describe('the best epoch', () => {
  it('has the highest accuracy, then the lowest loss, then is the earliest', () => {
    assert.equal(after([0.8, 0.802, 0.801]).best?.epoch, 2);
    assert.equal(after([0.8, 0.8, 0.8], 100, [0.3, 0.2, 0.2]).best?.epoch, 2);
  });
});

describe('training', () => {
  it('ends with its last epoch', () => {
    assert.equal(after([0.5, 0.6], 3).ended, null);
    assert.equal(after([0.5, 0.6, 0.7], 3).ended, 'epochs');
  });
});
