import assert from 'node:assert/strict';
import { afterGoodStep, afterOverflow, FIRST_LOSS_SCALE, type LossScale } from '../../../ml/engine/loss-scale.js';

describe('the loss scale', () => {
  it('halves at each overflow down to 1, where the numbers are at fault', () => {
    let scale: LossScale | null = FIRST_LOSS_SCALE;
    const values: number[] = [];
    for (; scale !== null; scale = afterOverflow(scale)) values.push(scale.value);
    assert.deepEqual(
      values,
      Array.from({ length: 17 }, (_, power) => 2 ** (16 - power)),
    );
  });

  it('doubles after two thousand good steps in a row, and not above its highest', () => {
    let scale: LossScale = { value: 8, steps: 0 };
    for (let step = 0; step < 1999; step++) scale = afterGoodStep(scale);
    assert.equal(scale.value, 8);
    assert.deepEqual(afterGoodStep(scale), { value: 16, steps: 0 });
    assert.equal(afterGoodStep({ value: 2 ** 24, steps: 1999 }).value, 2 ** 24);
  });
});
