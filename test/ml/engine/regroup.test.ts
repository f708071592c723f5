import assert from 'node:assert/strict';
import type { MicroBatch } from '../../../ml/engine/learner.js';
import { regrouped } from '../../../ml/engine/regroup.js';

/** Photos of three floats: 10 times the pair's number, bad ones 5 more. */
function batchOf(...pairs: number[]): MicroBatch {
  const rows = [...pairs.map((pair) => 10 * pair), ...pairs.map((pair) => 10 * pair + 5)];
  return {
    pairs: pairs.length,
    photos: Float32Array.from(rows.flatMap((row) => [row, row + 1, row + 2])),
    target: Float32Array.from(rows),
    mask: Float32Array.from(rows, (row) => row % 2),
  };
}

describe('the pairs of a step', () => {
  it('keep their order, their photos and their scores in other micro-batches', () => {
    assert.deepEqual(regrouped([batchOf(0, 1, 2, 3)], [2, 2]), [batchOf(0, 1), batchOf(2, 3)]);
    assert.deepEqual(regrouped([batchOf(0, 1, 2), batchOf(3, 4)], [2, 1, 1, 1]), [batchOf(0, 1), batchOf(2), batchOf(3), batchOf(4)]);
    assert.deepEqual(regrouped([batchOf(0, 1), batchOf(2)], [3]), [batchOf(0, 1, 2)]);
  });

  it('are not copied where they are so already', () => {
    const batches = [batchOf(0, 1), batchOf(2, 3)];
    assert.equal(regrouped(batches, [2, 2]), batches);
  });

  it('cannot become more or fewer', () => {
    assert.throws(() => regrouped([batchOf(0, 1)], [2, 1]), RangeError);
  });
});
