import assert from 'node:assert/strict';
import { finding, FINDINGS } from '../../../../ml/images/findings.js';
import { reportLines } from '../../../../ml/images/report/lines.js';
import { madeReport, TEN_THOUSAND } from './made-report.js';

describe('reportLines', () => {
  it('shows the first of each kind, whichever kind is the largest, with its cure', () => {
    const lines = reportLines(TEN_THOUSAND);
    assert.equal(lines.length, 3 * (1 + 5 + 1 + 1) + 3);
    assert.deepEqual(lines.slice(0, 2), ['error: damaged (5000)', '  one/good/damaged 0.jpg: is wrong in way 0']);
    assert.deepEqual(lines.slice(6, 8), ['  … and 4995 more', `  cure: ${FINDINGS.damaged.cure}`]);
    assert.ok(lines.includes('warning: uniform (1)') && lines.includes('warning: turned (999)'));
  });

  it('keeps a finding on one line, whatever its file is called', () => {
    const [, line] = reportLines(madeReport([finding('empty', 'one/good/a\n\u202egpj.b', 'has 0 bytes')]));
    assert.equal(line, '  one/good/a\\n\\u{202e}gpj.b: has 0 bytes');
  });
});
