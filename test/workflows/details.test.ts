import assert from 'node:assert/strict';
import { markdownOf } from '../../workflows/details.js';
import { openLedger, withTask } from '../../workflows/ledger.js';
import { inputOf, planned, planOf } from './plans.js';

describe('the details of a run in the Temporal UI', () => {
  it('name every task of a small run', () => {
    const ledger = withTask(openLedger(inputOf('small', planOf(planned('one'), planned('two'))), ''), 'two', {
      state: 'done',
      reason: 'a | b',
    });
    const lines = markdownOf(ledger).split('\n');
    assert.equal(lines[0], '**small** is running: 1 waiting, 1 done');
    assert.deepEqual(lines.slice(4), ['| 1 | one | waiting | about to start |', '| 1 | two | done | a \\| b |']);
  });

  it('count a thousand, and name the fifty that matter first', () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `t${index}`);
    let ledger = openLedger(inputOf('large', planOf(...names.map((name) => planned(name)))), '');
    ledger = withTask(ledger, 't998', { state: 'running', reason: 'first run' });
    ledger = withTask(ledger, 't999', { state: 'blocked' });
    const lines = markdownOf(ledger).split('\n');
    assert.equal(lines[0], '**large** is running: 1 blocked, 1 running, 998 waiting');
    assert.deepEqual(
      lines.slice(4, 6).map((line) => line.split(' | ')[1]),
      ['t999', 't998'],
    );
    assert.equal(lines.length, 4 + 50 + 2);
    assert.equal(lines.at(-1), '950 more: emo-aen status large');
  });
});
