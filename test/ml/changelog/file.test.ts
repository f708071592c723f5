import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Problem } from '../../../configs/problem.js';
import { findEntry, placeEntry } from '../../../ml/changelog/file.js';

const FILE = 'docs/model_changelog.md';
const place = (text: string | null, run: string, entry: string): string => placeEntry(text, run, entry, FILE);

describe('the changelog file', () => {
  it('begins with a heading and the first entry', () => {
    const text = place(null, 'first', '## one');
    assert.match(text, /^# Model changelog\n/);
    assert.equal(findEntry(text, 'first', FILE), '## one');
    assert.ok(text.endsWith('<!-- end of run first -->\n'));
  });

  it('has the newest entry first', () => {
    const text = place(place(null, 'first', '## one'), 'second', '## two');
    assert.ok(text.indexOf('## two') < text.indexOf('## one'));
    assert.equal(findEntry(text, 'first', FILE), '## one');
  });

  it("replaces a run's own entry where it stands", () => {
    const text = place(place(null, 'first', '## one'), 'second', '## two');
    const again = place(text, 'first', '## one, again\nwith more');
    assert.equal(again, text.replace('## one', '## one, again\nwith more'));
    assert.equal(place(again, 'first', '## one, again\nwith more'), again);
  });

  it('tells runs apart whose names begin alike', () => {
    const text = place(place(null, 'run-1', 'a'), 'run-10', 'b');
    assert.equal(findEntry(text, 'run-1', FILE), 'a');
    assert.equal(findEntry(text, 'run-10', FILE), 'b');
    assert.equal(findEntry(text, 'run', FILE), null);
  });

  it('goes before what a person wrote under a heading, and after a text without one', () => {
    assert.match(
      place('# Mine\n\nwords\n\n## 0.0.1 by hand\n', 'first', 'e'),
      /words\n\n<!-- run first -->\ne\n<!-- end of run first -->\n\n## 0\.0\.1/,
    );
    assert.equal(place('words', 'first', 'e'), 'words\n\n<!-- run first -->\ne\n<!-- end of run first -->\n');
    assert.equal(place('', 'first', 'e'), '<!-- run first -->\ne\n<!-- end of run first -->\n');
  });

  it('never touches anything else', () => {
    const lines = fc.array(fc.constantFrom('words', '', '## heading', '| a | b |', '<!-- a comment -->'), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (above, below) => {
        const text = [...above, '<!-- run mine -->', 'old', '<!-- end of run mine -->', ...below].join('\n');
        assert.equal(place(text, 'mine', 'new'), text.replace('old', 'new'));
        const other = place(text, 'other', 'entry');
        assert.equal(
          other.replace('<!-- run other -->\nentry\n<!-- end of run other -->', '').replaceAll('\n', ''),
          text.replaceAll('\n', ''),
        );
      }),
    );
  });

  for (const [what, text] of [
    ['is alone', 'x\n<!-- run first -->\nentry\n'],
    ['stands twice', '<!-- run first -->\na\n<!-- run first -->\nb\n<!-- end of run first -->\n'],
    ['comes after its end', '<!-- end of run first -->\n<!-- run first -->\n'],
  ] as const)
    it(`refuses to guess where a marker ${what}`, () => {
      assert.throws(
        () => place(text, 'first', 'entry'),
        (error) => error instanceof Problem && error.code === 'CONFLICT' && String(error.where).startsWith(`${FILE}:`),
      );
    });
});
