import assert from 'node:assert/strict';
import { epochShares, type Call, type EpochWait } from '../../../bench/train/epoch-shares.js';

/** Two steps of 100 an epoch with 10 between them, a batch of validation of 50 right behind, then `after`. */
function calls(epochs: number, after: number): Call[] {
  const made: Call[] = [];
  for (let epoch = 0, now = 1000; epoch < epochs; epoch++, now += 260 + after) {
    made.push({ kind: 'step', begun: now, ended: now + 100 }, { kind: 'step', begun: now + 110, ended: now + 210 });
    made.push({ kind: 'validation', begun: now + 215, ended: now + 260 });
  }
  return made;
}

const rows = (epochs: number, dataWaitShare: number): EpochWait[] =>
  Array.from({ length: epochs }, (_, index) => ({ kind: 'epoch', epoch: index + 1, dataWaitShare }));

describe('what an epoch costs beyond its steps', () => {
  it('is everything but steps and validation', () => {
    // 10 between the steps and 40 behind the validation, of 250 without validation.
    assert.deepEqual(epochShares({ calls: calls(4, 40), stepsPerEpoch: 2 }, rows(4, 0)), { dataWait: 0, epochOverhead: 0.2 });
  });

  it('leaves out what the rows call waiting', () => {
    const { dataWait, epochOverhead } = epochShares({ calls: calls(3, 40), stepsPerEpoch: 2 }, rows(3, 10 / 210));
    assert.ok(Math.abs(dataWait - 0.04) < 1e-9 && Math.abs(epochOverhead - 0.16) < 1e-9, `${dataWait} ${epochOverhead}`);
  });

  it('does not count the first epoch nor the last', () => {
    const slow = calls(4, 40).map((call, index) => (index === 0 ? { ...call, begun: call.begun - 5000 } : call));
    const last = slow.map((call, index) => (index === slow.length - 1 ? { ...call, ended: call.ended + 5000 } : call));
    assert.equal(epochShares({ calls: last, stepsPerEpoch: 2 }, rows(4, 0)).epochOverhead, 0.2);
  });

  it('needs three epochs and their rows', () => {
    assert.throws(() => epochShares({ calls: calls(2, 40), stepsPerEpoch: 2 }, rows(2, 0)), RangeError);
    assert.throws(() => epochShares({ calls: calls(3, 40), stepsPerEpoch: 2 }, rows(1, 0)), /epoch 2 has no row/);
  });
});
