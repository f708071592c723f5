import assert from 'node:assert/strict';
import { afterEpoch, afterRow, afterStep, AT_START, meansOf, TrainingState } from '../../../ml/engine/training-state.js';

const STEP = { loss: 0.1, right: 3, gradNorm: 2 };
const RULE = { points: 0.5, evaluations: 5 };

function after(accuracies: readonly number[], epochs = 100, losses: readonly number[] = []): TrainingState {
  return accuracies.reduce(
    (state, accuracy, at) => afterEpoch(afterStep(state, STEP, 4), { accuracy, loss: losses[at] ?? 0.1 }, RULE, epochs),
    AT_START,
  );
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

describe('the state of a training', () => {
  it('sums up the epoch, and the steps since the last row of them', () => {
    let state = afterStep(AT_START, STEP, 4);
    state = afterRow(afterStep(state, { loss: 0.3, right: 1, gradNorm: 4 }, 4));
    state = afterStep(state, { loss: 0.5, right: 4, gradNorm: 9 }, 4);
    assert.deepEqual(meansOf(state.sums, 3), { loss: 0.9 / 3, accuracy: 8 / 12, gradNorm: 5 });
    assert.deepEqual(state.window, { loss: 0.5, right: 4, pairs: 4, gradNorm: 9, steps: 1 });
  });

  it('remembers the lowest means of its epochs', () => {
    const epoch = (state: TrainingState, loss: number, gradNorm: number): TrainingState =>
      afterEpoch(afterStep(state, { loss, right: 1, gradNorm }, 4), { accuracy: 1, loss: 1 }, RULE, 100);
    assert.deepEqual(epoch(epoch(epoch(AT_START, 0.3, 5), 0.2, 7), 0.4, 9).lowest, { loss: 0.2, gradNorm: 5 });
  });

  it('is read back to the last bit, also from checkpoints that did not know all of it', () => {
    const state = afterStep(afterStep(AT_START, { loss: 0.1, right: 3, gradNorm: 1 / 3 }, 4), { loss: 0.2, right: 3, gradNorm: 1e-7 }, 4);
    assert.deepEqual(TrainingState.parse(JSON.parse(JSON.stringify(state))), state);
    const { window: _, lowest: __, split: ___, ...older } = AT_START;
    assert.deepEqual(TrainingState.parse(older), AT_START);
  });
});
