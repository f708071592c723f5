import assert from 'node:assert/strict';
import { Problem } from '../../configs/problem.js';
import { visible } from '../../configs/visible.js';

describe('text that goes to a terminal', () => {
  it('shows control characters and marks of direction, and keeps lines, tabs and letters of all scripts', () => {
    assert.equal(visible('\u001b[31mred\u009b0m\u0007\r\u007f'), '\\u001b[31mred\\u009b0m\\u0007\\u000d\\u007f');
    assert.equal(visible('a\u202eb\u2066c\u2028'), 'a\\u202eb\\u2066c\\u2028');
    const plain = 'one\n\ttwo · é 日本 👩‍🚀 שלום';
    assert.equal(visible(plain), plain);
  });

  it('is what a Problem describes itself with', () => {
    const problem = new Problem({ code: 'DATASET', message: 'a\u001b]0;b', where: 'c\u001b', cure: 'd\u001b' });
    assert.ok(!problem.describe().includes('\u001b'));
  });
});
