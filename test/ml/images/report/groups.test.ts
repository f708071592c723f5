import assert from 'node:assert/strict';
import { grouped } from '../../../../ml/images/report/groups.js';
import { madeFindings } from './made-report.js';

describe('grouped', () => {
  it('puts errors first, and each kind where it was first met', () => {
    const kinds = ['uniform', 'not-srgb', 'uniform', 'damaged', 'not-srgb'] as const;
    const groups = grouped(kinds.flatMap((kind) => madeFindings(kind, 1)));
    assert.deepEqual(
      groups.map(({ code, severity, findings }) => [code, severity, findings.length]),
      [
        ['not-srgb', 'error', 2],
        ['damaged', 'error', 1],
        ['uniform', 'warning', 2],
      ],
    );
  });

  it('takes a million findings of one kind: copying the group for each would take hours', () => {
    const [one] = madeFindings('uniform', 1);
    assert.ok(one);
    assert.equal(grouped(Array.from({ length: 1_000_000 }, () => one))[0]?.findings.length, 1_000_000);
  });
});
