import assert from 'node:assert/strict';
import { median } from '../../ml/ranking/median.js';
import { lastWords, runJson } from '../../bench/measure.js';

const node = (script: string, environment: Readonly<Record<string, string>> = {}): Promise<unknown> =>
  runJson(process.execPath, ['-e', script], environment);

describe('a measurement', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([9, 1, 5, 7]), 6);
    assert.throws(() => median([]), RangeError);
  });

  it("is read from the last line of a program's output, which runs in the environment it is given", async () => {
    const script = 'console.log("warming up"); console.log(JSON.stringify({ threads: process.env.SOME_THREADS }))';
    assert.deepEqual(await node(script, { SOME_THREADS: '2' }), { threads: '2' });
  });

  it('fails with the program, and says in one line what it said last', async () => {
    const broken = node('console.error("Traceback"); console.error("no module named torch"); process.exit(4)');
    await assert.rejects(broken, (error) => lastWords(error) === 'no module named torch');
    await assert.rejects(runJson('/nowhere/python3', []), (error) => lastWords(error).includes('ENOENT'));
  });
});
