import assert from 'node:assert/strict';
import { median, runJson } from '../../bench/measure.js';

describe('a measurement', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([9, 1, 5, 7]), 6);
    assert.throws(() => median([]), RangeError);
  });

  it("is read from the last line of a program's output, and fails with the program", async () => {
    assert.deepEqual(await runJson(process.execPath, ['-e', 'console.log("warming up"); console.log(JSON.stringify({ ms: 3 }))']), {
      ms: 3,
    });
    await assert.rejects(runJson(process.execPath, ['-e', 'process.exit(4)']));
  });
});
