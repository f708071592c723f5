import assert from 'node:assert/strict';
import { stepLimits } from '../../../ml/engine/explosion.js';
import { afterEpoch, afterStep, AT_START, type TrainingState } from '../../../ml/engine/training-state.js';
import { smallSettings } from './small-set.js';

const base = smallSettings();
const settings = smallSettings({ loop: { ...base.loop, clip: 5, explosion: { loss: 10, gradNorm: 100 } } });
const RULE = { points: 0.5, evaluations: 5 };

const stepped = (state: TrainingState, loss: number, gradNorm: number): TrainingState => afterStep(state, { loss, gradNorm, right: 0 }, 4);
const over = (state: TrainingState): TrainingState => afterEpoch(state, { accuracy: 0.5, loss: 1 }, RULE, 100);

describe('the limits of a step', () => {
  it('let any finite number through at first', () => {
    assert.deepEqual(stepLimits(AT_START, settings), { loss: Number.MAX_VALUE, gradNorm: Number.MAX_VALUE });
  });

  it('are so many times the mean of the steps before, in the first epoch', () => {
    const state = stepped(stepped(AT_START, 2, 10), 4, 30);
    assert.deepEqual(stepLimits(state, settings), { loss: 30, gradNorm: 2000 });
  });

  it('are so many times the lowest mean of an epoch, afterwards, so that a slow rise meets them too', () => {
    let state = over(stepped(AT_START, 3, 20));
    for (const loss of [6, 12, 24]) state = over(stepped(state, loss, 10 * loss));
    assert.deepEqual(stepLimits(state, settings), { loss: 30, gradNorm: 2000 });
  });

  it('do not go down to zero with a loss that does', () => {
    const { loss, gradNorm } = stepLimits(over(stepped(AT_START, 0, 0)), settings);
    assert.deepEqual([loss, gradNorm], [10 * settings.loss.hinge.margin, 100 * settings.loop.clip]);
  });

  it('are out of reach of the hinge loss as they are set', () => {
    const { loss } = stepLimits(over(stepped(AT_START, 0, 0)), base);
    assert.ok(loss > 10 * (base.loss.hinge.margin + 2));
  });
});
