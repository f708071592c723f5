import assert from 'node:assert/strict';
import { reportMarkdown } from '../../../../ml/images/report/markdown.js';
import { madeReport, TEN_THOUSAND } from './made-report.js';

describe('reportMarkdown', () => {
  it('stays readable with ten thousand findings: fifty of a kind, how many more, and where all are', () => {
    const lines = reportMarkdown(TEN_THOUSAND).split('\n');
    assert.equal(lines.filter((line) => line.startsWith('- `')).length, 50 + 50 + 50 + 1);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('- …')),
      [4950, 3950, 949].map((more) => `- … and ${more} more: audit.json has them all`),
    );
    assert.ok(lines.includes('## 9000 errors, 1000 warnings'));
  });

  it('says what a mode cannot see', () => {
    const report = madeReport([], { mode: 'fast', unseen: ['damage inside a photo'] });
    assert.match(reportMarkdown(report), /\| mode \| fast: .*\n[\s\S]*- damage inside a photo\n[\s\S]*\n\nNothing was found/);
  });
});
