import assert from 'node:assert/strict';
import { Problem, fromSystemError } from '../../configs/problem.js';

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

  it('is made of a system error that a person can act on, and keeps the cause', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const problem = fromSystemError(full, 'runs/a/ledger.json');
    assert.ok(problem instanceof Problem && problem.code === 'DISK_FULL' && problem.cause === full && problem.cure?.includes('disk space'));
  });

  it('is not made of a defect', () => {
    const defect = new TypeError('x is not a function');
    assert.equal(fromSystemError(defect, 'anywhere'), defect);
  });
});
