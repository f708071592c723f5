import assert from 'node:assert/strict';
import type { Finds, Row } from '../../../bench/finds/finds.js';
import { document } from '../../../bench/finds/table.js';

const row = (kind: string, cases: number, found: number, more: Partial<Row> = {}): Row => ({
  kind,
  cases,
  found,
  codes: found > 0 ? { truncated: found } : {},
  others: { imagehash: null, fastdup: 3 },
  beyond: null,
  ...more,
});

const FINDS: Finds = {
  groups: [
    { title: 'Damage', rows: [row('half a JPEG', 10, 10), row('a turned bit', 10, 4, { beyond: 'nothing says so' }), row('a hole', 2, 0)] },
  ],
  alarms: [
    { encoding: 'PNG', photos: 120, errors: {}, warnings: { 'tell-tale': 1 } },
    { encoding: 'JPEG 85', photos: 120, errors: { damaged: 2 }, warnings: {} },
  ],
  missing: { photos: 'no network' },
  versions: { fastdup: '2.54' },
};

describe('the document of finds', () => {
  const lines = document(FINDS, 'npm run bench --silent -- finds').split('\n');

  it('counts all cases, and says by which command', () => {
    assert.ok(lines.includes('npm run bench --silent -- finds'));
    assert.ok(lines.some((line) => line.startsWith('22 made cases, **14 found**.')));
    assert.ok(lines.includes('## Damage: 14 of 22'));
  });

  it('has a row for each kind, with what the others say and nothing where they were not asked', () => {
    assert.ok(lines.includes('| half a JPEG | 10 | **10** | `truncated` |  |  |  |  | 3 |'));
    assert.ok(lines.includes('| a hole | 2 | 0 |  |  |  |  |  | 3 |'));
  });

  it('names every miss, and why where that is known', () => {
    assert.deepEqual(
      lines.filter((line) => line.startsWith('- Not found')),
      ['- Not found: 6 of 10, a turned bit (nothing says so).', '- Not found: 2 of 2, a hole.'],
    );
  });

  it('says what is missing, and shows each false alarm', () => {
    assert.ok(lines.includes('Missing, photos: no network.'));
    assert.ok(lines.includes('| PNG | 120 | 0 | 1 `tell-tale` |'));
    assert.ok(lines.includes('| JPEG 85 | 120 | 2 `damaged` | 0 |'));
  });
});
