import assert from 'node:assert/strict';
import { Problem } from '../../../configs/problem.js';
import { isOutOfMemory, outOfMemory } from '../../../ml/engine/out-of-memory.js';

describe('an allocation that failed', () => {
  for (const words of [
    // The first two as this binding gave them under a limit of the address space, the others as TensorFlow has them for GPUs.
    'Session fail to run with error: OOM when allocating tensor with shape[32,113,113,64] and type float on /job:localhost/replica:0/task:0/device:CPU:0 by allocator mklcpu',
    'Session fail to run with error: Operation received an exception:Status: 1, message: could not create a primitive, in file tensorflow/core/kernels/mkl/mkl_conv_ops.cc:1112',
    'Invalid TF_Status: 8\nMessage: failed to allocate memory [Op:Mul]',
    'CUDNN_STATUS_ALLOC_FAILED in tensorflow/stream_executor',
  ])
    it(`is told by "${words.slice(0, 60).replace('\n', ' ')}…"`, () => assert.ok(isOutOfMemory(new Error(words))));

  it('is not told by other failures, nor by one that is a problem already', () => {
    assert.ok(!isOutOfMemory(new Error('Invalid TF_Status: 3\nMessage: Incompatible shapes: [8,32] vs. [16,32]')));
    assert.ok(!isOutOfMemory('OOM when allocating'));
    const problem = outOfMemory(new Error('OOM when allocating tensor'), 'a single pair of photos');
    assert.match(problem.message, /a single pair of photos: OOM when allocating tensor/);
    assert.ok(problem instanceof Problem && problem.retryable);
    assert.equal(isOutOfMemory(problem), false);
  });
});
