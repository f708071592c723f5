import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isOk, table, Tally } from './report.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

describe('the report of a chaos run', () => {
  it('is ok where everything was done and nothing was wrong', () => {
    const tally = new Tally(['kill', 'fill']);
    for (const name of ['kill', 'fill', 'kill']) tally.done(name);
    assert.deepEqual(tally.rows(), [
      { fault: 'kill', count: 2, ok: true },
      { fault: 'fill', count: 1, ok: true },
    ]);
    assert.equal(isOk(tally.rows()), true);
  });

  it('is not ok where a fault was never done, or was wrong once', () => {
    const tally = new Tally(['kill', 'fill']);
    tally.done('kill');
    tally.wrong('kill', 'other bytes');
    assert.deepEqual(tally.rows(), [
      { fault: 'kill', count: 1, ok: false, problems: ['other bytes'] },
      { fault: 'fill', count: 0, ok: false },
    ]);
    assert.equal(isOk(tally.rows().slice(0, 1)), false);
    assert.equal(isOk(tally.rows().slice(1)), false);
    assert.match(table(tally.rows()), /kill +1 +FAILED\nfill +0 +FAILED/);
  });

  it('says loudly what was skipped and why, and does not call it ok', () => {
    const tally = new Tally(['kill', 'fill']);
    tally.done('kill');
    tally.skip('fill', 'no namespaces');
    assert.deepEqual(tally.rows()[1], { fault: 'fill', count: 0, ok: false, skipped: 'no namespaces' });
    assert.equal(isOk(tally.rows()), true);
    assert.match(table(tally.rows()), /SKIPPED: no namespaces/);
    tally.wrong('fill', 'other bytes');
    assert.equal(isOk(tally.rows()), false);
  });
});

describe('npm run test:chaos', () => {
  for (const words of [[], ['nonsense'], ['train', '--seed', '-1'], ['train', '--seed', 'x'], ['train', 'train'], ['train', '--nonsense']])
    it(`answers \`${words.join(' ')}\` with its usage and code 2`, async () => {
      await assert.rejects(
        run(process.execPath, [MAIN, ...words]),
        (error: Error & { code?: unknown; stderr?: unknown; stdout?: unknown }) => {
          assert.equal(error.code, 2);
          assert.match(String(error.stderr), /usage: npm run test:chaos -- train\b/);
          assert.equal(error.stdout, '');
          return true;
        },
      );
    });
});
