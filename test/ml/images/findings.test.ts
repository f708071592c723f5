import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { FINDINGS } from '../../../ml/images/findings.js';

describe('docs/photos.md', () => {
  it('lists every finding with its severity, and none that is not made', () => {
    const rows = readFileSync('docs/photos.md', 'utf8').matchAll(/^\| (`.+`) \| (error|warning) \|/gm);
    const listed = [...rows].flatMap(([, codes = '', severity]) =>
      [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code]) => `${code} ${severity}`),
    );
    assert.deepEqual(
      listed.sort(),
      Object.entries(FINDINGS)
        .map(([code, { severity }]) => `${code} ${severity}`)
        .sort(),
    );
  });
});
