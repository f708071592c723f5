import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publish } from '../ml/bundle/made-bundle.js';
import { invoke, type Outcome } from './invoke.js';

describe('emo-aen publish', () => {
  let root: string;
  const run = (...args: readonly string[]): Promise<Outcome> => invoke('publish', '--root', root, ...args);
  const changelog = (): Promise<string> => readFile(join(root, 'docs/model_changelog.md'), 'utf8');
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-publish-'));
    await cp('configs', join(root, 'configs'), { recursive: true });
  });
  after(() => rm(root, { recursive: true }));

  it('says how a first version gets there', async () => {
    assert.match((await run('--list')).stdout, /no version is kept in models\/: emo-aen run publishes one/);
    assert.match((await run('--rollback', '1.0.0')).stderr, /there is no version 1\.0\.0; there are none\n {2}cure: publish one/);
  });

  it('lists versions, newest first, and goes back with an entry in the changelog', async () => {
    await publish(root, 'a', { version: '1.0.0' });
    await publish(root, 'b', { version: '1.1.0' });
    assert.match((await run('--list')).stdout, /^\* 1\.1\.0 +accuracy 0\.900 .*published\n {2}1\.0\.0 +accuracy/);

    const back = await run('--rollback', '1.0.0');
    assert.equal(back.code, 0);
    assert.match(back.stdout, /published is 1\.0\.0 again, 1\.1\.0 was\nchangelog: .*\nchecked: +7 files by sha256\n/);
    assert.match(await changelog(), /## 1\.0\.0 again: rolled back from 1\.1\.0, \d{4}/);
    const listed = JSON.parse((await run('--list', '--json')).stdout) as { versions: { version: string; current: boolean }[] };
    assert.deepEqual(
      listed.versions.map(({ version, current }) => [version, current]),
      [
        ['1.0.0', true],
        ['1.1.0', false],
      ],
    );

    const forward = JSON.parse((await run('--rollback', '1.1.0', '--json')).stdout) as { from: string; checked: string[] };
    assert.deepEqual([forward.from, forward.checked.length], ['1.0.0', 7]);
    assert.equal((await changelog()).match(/^## .* again/gm)?.length, 2);
    const before = await changelog();
    assert.match((await run('--rollback', '1.1.0')).stdout, /1\.1\.0 is the published version already/);
    assert.equal(await changelog(), before);
  });

  it('refuses what is not there and what is not whole, without an entry', async () => {
    const before = await changelog();
    const unknown = await run('--rollback', '1.0.00');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /there are 1\.0\.0, 1\.1\.0\n {2}cure: did you mean 1\.0\.0\?/);
    await writeFile(join(root, 'models/versions/1.0.0/emo_aen_int8.onnx'), 'altered');
    const broken = await run('--rollback', '1.0.0', '--json');
    assert.equal(broken.code, 1);
    assert.equal((JSON.parse(broken.stdout) as { error: { code: string } }).error.code, 'ARTIFACT_ALTERED');
    assert.equal(await changelog(), before);
  });

  const outside = join('..', 'emo-aen-outside');
  for (const [setting, path] of [
    ['bundle.directory', `${outside}/models`],
    ['bundle.directory', '/emo-aen-outside/models'],
    ['bundle.directory', 'models/../..'],
    ['bundle.directory', 'way/models'],
    ['changelog.file', `${outside}/evil.md`],
    ['changelog.file', '/emo-aen-outside/evil.md'],
    ['changelog.file', 'way/evil.md'],
  ] as const)
    it(`refuses ${setting} ${path}, which leads out of the root, and changes nothing`, async () => {
      const elsewhere = await mkdtemp(join(tmpdir(), 'emo-aen-elsewhere-'));
      await symlink(elsewhere, join(root, 'way'));
      const before = await changelog();
      const refused = await run('--rollback', '1.1.0', '--set', `export.${setting}=${path}`);
      assert.ok(refused.code !== 0 && refused.stdout === '');
      assert.match(refused.stderr, path.startsWith('way') ? /symbolic link that leaves/ : /leads out of the project root|is absolute/);
      assert.deepEqual([await readdir(elsewhere), await changelog()], [[], before]);
      await rm(join(root, 'way'));
      await rm(elsewhere, { recursive: true });
    });

  it('does one thing at a time', async () => {
    assert.equal((await run()).code, 2);
    assert.equal((await run('--list', '--rollback', '1.0.0')).code, 2);
  });
});
