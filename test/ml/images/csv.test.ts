import assert from 'node:assert/strict';
import { parseCsv } from '../../../ml/images/csv.js';

describe('parseCsv', () => {
  it('takes quotes, doubled quotes, commas and line breaks in fields, and counts lines', () => {
    assert.deepEqual(parseCsv('\uFEFFa,b\r\n"x ""y"", z",1\n\n"two\nlines",2,\n'), [
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['x "y", z', '1'] },
      { line: 4, fields: ['two\nlines', '2', ''] },
    ]);
  });

  it('takes lines that end with CR alone, and counts them', () =>
    assert.deepEqual(parseCsv('a,1\r\rb , 2\r'), [
      { line: 1, fields: ['a', '1'] },
      { line: 3, fields: ['b', '2'] },
    ]));

  it('needs no line break at the end', () => assert.deepEqual(parseCsv('a,1'), [{ line: 1, fields: ['a', '1'] }]));
});
