import assert from 'node:assert/strict';
import type { Context } from '@temporalio/activity';
import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { activityFailure } from '../../activities/failure.js';
import { readFailure } from '../../workflows/failure.js';

const context = { info: { attempt: 2 }, cancellationSignal: new AbortController().signal } as unknown as Context;

/** From what an activity threw to what a person reads in the ledger. */
function read(thrown: unknown): string {
  const { error } = activityFailure(thrown, context, 'train', (text) => text);
  const failed = new ActivityFailure('Activity task failed', 'train', 'train', RetryState.MAXIMUM_ATTEMPTS_REACHED, 'a test', error);
  const { failure, attempt, workerLost } = readFailure(failed);
  assert.deepEqual([failure.code, attempt, workerLost], ['UNEXPECTED', 2, false]);
  return failure.message;
}

describe('a failure that nobody expected', () => {
  it('comes with its chain of causes', () => {
    const cause = new TypeError('x is not a function');
    assert.equal(read(new Error('the step failed', { cause })), 'the step failed; caused by: x is not a function');
  });

  it('comes with each of several errors at once', () => {
    const errors = [new Error('disk'), new AggregateError([new Error('one'), 'two'], ''), 3];
    assert.equal(read(new AggregateError(errors, 'all failed')), 'all failed; disk; one; two; 3');
    assert.equal(read(new Error('', { cause: new AggregateError([new Error('deep')]) })), 'Error; caused by: deep');
  });

  it('comes in words where it is no error', () => {
    assert.equal(read('a string'), 'a string');
    assert.equal(read({ code: 7 }), '{ code: 7 }');
    assert.equal(read(undefined), 'undefined');
  });

  it('comes with the innermost where activities fail in activities', () => {
    const inner = new ActivityFailure('inner', 'a', 'a', RetryState.TIMEOUT, 'a test', ApplicationFailure.create({ message: 'the root' }));
    assert.equal(readFailure(new Error('outer', { cause: inner })).failure.message, 'outer; caused by: inner; caused by: the root');
  });
});
