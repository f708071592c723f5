import assert from 'node:assert/strict';
import { rankingCsv } from '../../../ml/bundle/rank-csv.js';
import { parseCsv } from '../../../ml/images/csv.js';

describe('a ranking as CSV', () => {
  it('names the same files to a spreadsheet, none of them as a formula, and is read back', () => {
    const files = ['=1+1.png', '-a.png', '@b.png', 'say "hi", all\n.png', 'plain.png'];
    const photos = files.map((file, place) => ({
      file,
      score: -place / 10,
      percentile: place === 0 ? null : 40,
      closeToPrevious: place === 1,
    }));
    const text = rankingCsv(photos);
    const [, ...rows] = parseCsv(text);
    assert.deepEqual(
      rows.map(({ fields }) => fields[4]),
      ['./=1+1.png', './-a.png', './@b.png', 'say "hi", all\n.png', 'plain.png'],
    );
    assert.deepEqual(rows[1]?.fields.slice(0, 4), ['2', '-0.1', '40.0', 'true']);
    assert.equal(rows[0]?.fields[2], '');
  });
});
