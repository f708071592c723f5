import assert from 'node:assert/strict';
import { pairedDifference } from '../../../ml/ranking/paired-difference.js';

/** Things by how often both, only the first, only the second and neither succeeded. */
function table(both: number, onlyFirst: number, onlySecond: number, neither: number): [boolean[], boolean[]] {
  const cells = [
    [both, true, true],
    [onlyFirst, true, false],
    [onlySecond, false, true],
    [neither, false, false],
  ] as const;
  const of = (place: 1 | 2): boolean[] => cells.flatMap((cell) => Array.from({ length: cell[0] }, () => cell[place]));
  return [of(1), of(2)];
}

describe('difference of two shares of the same things', () => {
  it('has the interval of the example in Newcombe (1998): 36 both, 12 and 2 one, none neither', () => {
    const { value, low, high } = pairedDifference(...table(36, 12, 2, 0), 0.95);
    assert.ok(Math.abs(value - 0.2) < 1e-12);
    assert.deepEqual([low.toFixed(4), high.toFixed(4)], ['0.0569', '0.3404']);
  });

  it('turns around with the order of the two', () => {
    const [first, second] = table(80, 9, 4, 11);
    const [one, other] = [pairedDifference(first, second, 0.95), pairedDifference(second, first, 0.95)];
    assert.ok(Math.abs(one.low + other.high) < 1e-12 && Math.abs(one.high + other.low) < 1e-12);
  });

  it('is narrower than that of independent shares where both succeed together', () => {
    const paired = pairedDifference(...table(80, 2, 2, 16), 0.95);
    const mixed = pairedDifference(...table(67, 15, 15, 3), 0.95);
    assert.ok(paired.high - paired.low < 0.7 * (mixed.high - mixed.low));
  });

  it('knows nothing of no things, and refuses lists that do not match', () => {
    assert.throws(() => pairedDifference([], [], 0.95), RangeError);
    assert.throws(() => pairedDifference([true], [], 0.95), RangeError);
  });
});
