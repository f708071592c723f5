import assert from 'node:assert/strict';
import { Problem } from '../../configs/problem.js';

describe('a problem', () => {
  it('is told with its place and its cure', () => {
    const problem = new Problem({ code: 'PHOTO', message: 'the photo is cut short', where: 'lake/good/a b.jpg', cure: 'export it again' });
    assert.equal(problem.describe(), 'lake/good/a b.jpg: the photo is cut short\n  cure: export it again');
    assert.deepEqual(problem.toJSON(), {
      code: 'PHOTO',
      message: 'the photo is cut short',
      where: 'lake/good/a b.jpg',
      cure: 'export it again',
    });
  });

  it('is retried only where trying again can help', () => {
    assert.equal(new Problem({ code: 'DATASET', message: '' }).retryable, false);
    assert.equal(new Problem({ code: 'STALLED', message: '' }).retryable, true);
  });
});
