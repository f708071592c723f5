import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enterInChangelog } from '../../../ml/changelog/enter.js';
import { findEntry } from '../../../ml/changelog/file.js';

const MODULE = new URL('../../../ml/changelog/enter.js', import.meta.url).href;
const FILE = 'docs/changelog.md';

describe('the file of the changelog', () => {
  let root: string;
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-changelog-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  const about = () => ({ root, path: join(root, FILE), file: FILE });
  const entryOf = async (run: string): Promise<string | null> => findEntry(await readFile(join(root, FILE), 'utf8'), run, FILE);

  it('keeps the entries of all runs that end together in one process', async () => {
    const runs = Array.from({ length: 6 }, (_, run) => `run-${run}`);
    await Promise.all(runs.map((run) => enterInChangelog(about(), run, `## ${run}`)));
    for (const run of runs) assert.equal(await entryOf(run), `## ${run}`);
  });

  it('keeps the entries of runs and rollbacks that end together in several processes', async () => {
    const script = `import { enterInChangelog } from '${MODULE}';
      const [root, run] = process.argv.slice(1);
      await enterInChangelog({ root, path: root + '/${FILE}', file: '${FILE}' }, run, '## ' + run);`;
    const runs = ['run-a', 'rollback to 0.1.0 at 2026-01-01', 'run-c'];
    await Promise.all(
      runs.map(async (run) => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, root, run], { stdio: 'inherit' });
        assert.deepEqual(await once(child, 'exit'), [0, null]);
      }),
    );
    for (const run of runs) assert.equal(await entryOf(run), `## ${run}`);
  });

  it('is left as it is, and free for the next, where an entry cannot be placed', async () => {
    await mkdir(join(root, 'docs'));
    await writeFile(join(root, FILE), '<!-- run a -->\nhalf');
    await assert.rejects(enterInChangelog(about(), 'a', '## a'), { code: 'CONFLICT' });
    assert.equal(await readFile(join(root, FILE), 'utf8'), '<!-- run a -->\nhalf');
    await enterInChangelog(about(), 'b', '## b');
  });
});
