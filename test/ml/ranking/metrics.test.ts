import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { Problem } from '../../../configs/problem.js';
import { kendallTauB, pairwiseAccuracy, wilsonInterval } from '../../../ml/ranking/metrics.js';
import { normalQuantile } from '../../../ml/ranking/quantile.js';

/** Made by golden/metrics.py with SciPy. */
interface Golden {
  tau: { x: number[]; y: number[]; tau: number | null }[];
  pairs: { good: number[]; bad: number[]; right: number }[];
  shares: { successes: number; count: number; confidence: number; low: number; high: number }[];
  quantiles: [number, number][];
}
const golden = JSON.parse(readFileSync('test/ml/ranking/golden/metrics.json', 'utf8')) as Golden;

function close(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);
}

describe('ranking metrics', () => {
  it("gives SciPy's tau-b, and null where SciPy gives NaN", () => {
    for (const { x, y, tau } of golden.tau) {
      const ours = kendallTauB(x, y);
      if (tau === null || ours === null) assert.equal(ours, tau);
      else close(ours, tau, 1e-12, `tau of ${x.length} values`);
    }
  });

  it('agrees with counting every pair', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })), { maxLength: 40 });
    fc.assert(
      fc.property(values, (points) => {
        const x = points.map(([first]) => first);
        const y = points.map(([, second]) => second);
        const expected = tauByCounting(x, y);
        const ours = kendallTauB(x, y);
        if (expected === null || ours === null) assert.equal(ours, expected);
        else close(ours, expected, 1e-12, JSON.stringify(points));
      }),
    );
  });

  it('ranks a million values, where comparing each with each would take an hour', () => {
    const x = Float64Array.from({ length: 1_000_000 }, (_, index) => (index * 7919) % 1_000_003);
    assert.equal(kendallTauB(x, x), 1);
  });

  it('leaves the lists that it ranks as they were', () => {
    const y = [3, 1, 2];
    kendallTauB([1, 2, 3], y);
    assert.deepEqual(y, [3, 1, 2]);
  });

  it('counts strictly better pairs', () => {
    for (const { good, bad, right } of golden.pairs) close(pairwiseAccuracy(good, bad, 0.95).value, right / good.length, 1e-15, 'accuracy');
  });

  it('does not count a tie as ranked right', () => {
    assert.equal(pairwiseAccuracy([0.5, 0.5], [0.5, 0.1], 0.95).value, 0.5);
  });

  it("gives SciPy's Wilson interval", () => {
    for (const { successes, count, confidence, low, high } of golden.shares) {
      const share = wilsonInterval(successes, count, confidence);
      close(share.low, low, 1e-12, `low of ${successes}/${count}`);
      close(share.high, high, 1e-12, `high of ${successes}/${count}`);
      assert.equal(share.count, count);
    }
  });

  it("gives SciPy's quantiles of the normal distribution", () => {
    for (const [probability, z] of golden.quantiles)
      close(normalQuantile(probability), z, 1e-13 * Math.max(1, Math.abs(z)), `${probability}`);
  });

  it('refuses what has no answer', () => {
    assert.throws(() => wilsonInterval(0, 0, 0.95), RangeError);
    assert.throws(() => pairwiseAccuracy([], [], 0.95), RangeError);
    assert.throws(() => kendallTauB([1], [1, 2]), RangeError);
  });

  it('names a score that is not a number', () => {
    assert.throws(
      () => pairwiseAccuracy([0.1, Number.NaN], [0, 0], 0.95),
      (error) => error instanceof Problem && error.code === 'NUMERICS' && error.message === 'score 1 is NaN',
    );
  });
});

function tauByCounting(x: readonly number[], y: readonly number[]): number | null {
  let difference = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < x.length; i++)
    for (let j = 0; j < i; j++) {
      const dx = Math.sign((x[i] as number) - (x[j] as number));
      const dy = Math.sign((y[i] as number) - (y[j] as number));
      difference += dx * dy;
      untiedX += dx * dx;
      untiedY += dy * dy;
    }
  return untiedX === 0 || untiedY === 0 ? null : difference / Math.sqrt(untiedX) / Math.sqrt(untiedY);
}
