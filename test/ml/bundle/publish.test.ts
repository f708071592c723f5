import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Problem } from '../../../configs/problem.js';
import type { ManifestFile } from '../../../configs/schema/manifest.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { FILE_NAMES } from '../../../ml/bundle/layout.js';
import { publishedFile, readManifest, readPublished } from '../../../ml/bundle/read.js';
import { listVersions, rollBack } from '../../../ml/bundle/versions.js';
import { publish, share } from './made-bundle.js';

const run = promisify(execFile);
const KILLED = fileURLToPath(new URL('./killed-publish.js', import.meta.url));
const NAMES = ['fp32', 'int8', 'checkpoint'] as const satisfies ManifestFile['name'][];

const problem =
  (code: Problem['code'], message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.code, code);
    assert.match(error.describe(), message);
    return true;
  };

describe('the bundle', () => {
  let root: string;
  const models = (...segments: string[]): string => join(root, 'models', ...segments);
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'emo-aen-bundle-'))));
  afterEach(() => rm(root, { recursive: true }));

  /** The published version, after its files were read by the manifest and the names that stay were found to be the same files. */
  async function wholeVersion(): Promise<string> {
    const manifest = await readManifest(models());
    for (const name of NAMES) {
      const bytes = await readPublished(models(), publishedFile(models(), manifest, { name }));
      assert.equal(Buffer.compare(bytes, await readFile(models(FILE_NAMES[name]))), 0, `${name} is of another version than the manifest`);
    }
    return manifest.version;
  }

  it('holds every file of a version in its folder, with card, metrics, settings and a list that sha256sum reads', async () => {
    await publish(root, 'a', { version: '1.0.0' });
    assert.equal(await wholeVersion(), '1.0.0');
    const names = [
      'SHA256SUMS',
      'emo_aen.onnx',
      'emo_aen.safetensors',
      'emo_aen_int8.onnx',
      'manifest.json',
      'metrics.json',
      'model-card.md',
    ];
    assert.deepEqual((await readdir(models('versions/1.0.0'))).sort(), [...names, 'published', 'settings.json']);
    const { stdout } = await run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: models('versions/1.0.0') });
    assert.equal(stdout.match(/: OK/g)?.length, 6);
    const { documents } = await readManifest(models());
    assert.equal((await hashFile(models(documents?.checksums.path ?? ''))).sha256, documents?.checksums.sha256);
  });

  for (const target of ['.', '..', '../..', 'versions/..', '/tmp', 'versions/../../1.0.0', '1.0.0'])
    it(`takes a link \`current\` to ${target} for no version, and writes nothing through it`, async () => {
      await publish(root, 'a', { version: '1.0.0' });
      await rm(models('current'));
      await symlink(target, models('current'));
      assert.ok((await listVersions(models())).every(({ current }) => !current));
      await publish(root, 'b', { version: '1.1.0' });
      assert.equal(await wholeVersion(), '1.1.0');
      assert.deepEqual(
        (await listVersions(models())).map(({ version }) => version),
        ['1.0.0', '1.1.0'],
      );
      assert.ok(!existsSync(models('published')) && !existsSync(join(root, 'published')));
    });

  it('leaves alone what only begins like a folder that is being built', async () => {
    await mkdir(models('versions/.building-notes'), { recursive: true });
    await writeFile(models('versions/.building-notes/mine.txt'), 'mine');
    await publish(root, 'a', { version: '1.0.0' });
    assert.equal(await readFile(models('versions/.building-notes/mine.txt'), 'utf8'), 'mine');
  });

  it('takes a link in the place of a version for none', async () => {
    await publish(root, 'a', { version: '1.0.0' });
    await mkdir(join(root, 'elsewhere'));
    await symlink('../../elsewhere', models('versions/0.9.0'));
    assert.deepEqual(
      (await listVersions(models())).map(({ version }) => version),
      ['1.0.0'],
    );
    await assert.rejects(rollBack(models(), '0.9.0'), problem('NOT_FOUND', /no version 0\.9\.0/));
    assert.deepEqual(await readdir(join(root, 'elsewhere')), []);
  });

  it('replaces the folder of a version that was never published only if nothing else is in it', async () => {
    await publish(root, 'a', { version: '1.0.0' });
    for (const name of ['emo_aen.onnx', 'notes.txt']) {
      await mkdir(models('versions/1.1.0'), { recursive: true });
      await writeFile(models('versions/1.1.0', name), 'mine');
    }
    await assert.rejects(publish(root, 'b', { version: '1.1.0' }), problem('CONFLICT', /notes\.txt/));
    assert.deepEqual((await readdir(models('versions/1.1.0'))).sort(), ['emo_aen.onnx', 'notes.txt']);
    await rm(models('versions/1.1.0/notes.txt'));
    await publish(root, 'b', { version: '1.1.0' });
    assert.equal(await wholeVersion(), '1.1.0');
  });

  it('numbers versions by itself where asked, and finds the same files again', async () => {
    assert.equal((await publish(root, 'a')).version, '0.1.0');
    assert.equal((await publish(root, 'b')).version, '0.1.1');
    const before = await readFile(models('manifest.json'));
    assert.equal((await publish(root, 'b')).version, '0.1.1');
    assert.equal(Buffer.compare(await readFile(models('manifest.json')), before), 0);
    assert.equal((await publish(root, 'a')).version, '0.1.0');
    assert.equal(await wholeVersion(), '0.1.0');
    await publish(root, 'c', { version: '0.9.0' });
    await publish(root, 'd', { version: '0.10.0' });
    assert.equal((await publish(root, 'e')).version, '0.10.1');
  });

  it('never changes a published version', async () => {
    await publish(root, 'a', { version: '1.0.0' });
    await assert.rejects(
      publish(root, 'b', { version: '1.0.0' }),
      problem('CONFLICT', /1\.0\.0 was published with other files(.|\n)*such as 1\.0\.1/),
    );
    assert.equal(await wholeVersion(), '1.0.0');
    await publish(root, 'b', { version: '1.1.0' });
    await assert.rejects(publish(root, 'c', { version: '1.0.0' }), problem('CONFLICT', /published with other files/));
  });

  it('replaces a folder that was left there and never published', async () => {
    await publish(root, 'a', { version: '1.0.0' });
    await mkdir(models('versions/2.0.0'));
    await writeFile(models('versions/2.0.0/emo_aen.onnx'), 'left');
    await publish(root, 'b', { version: '2.0.0' });
    assert.equal(await wholeVersion(), '2.0.0');
  });

  it('takes over the folder of an earlier release, whose names were files', async () => {
    await mkdir(models());
    for (const name of ['emo_aen.onnx', 'emo_aen_int8.onnx', 'emo_aen.safetensors', 'manifest.json']) await writeFile(models(name), 'old');
    const { comparison } = await publish(root, 'a');
    assert.equal(comparison.outcome, 'not comparable');
    assert.equal(await wholeVersion(), '0.1.0');
  });

  describe('a worse model', () => {
    const testHash = 'a'.repeat(64);
    beforeEach(() => publish(root, 'good', { candidate: { testHash, pairwiseAccuracy: share(0.9) } }));

    it('is not published, and the words say both accuracies and how to do it all the same', async () => {
      const worse = { testHash, pairwiseAccuracy: share(0.84) };
      await assert.rejects(
        publish(root, 'worse', { candidate: worse }),
        problem('CONFLICT', /0\.840 \(interval 0\.790 to 0\.890\) on the same test pairs, published is 0\.900(.|\n)*use force/),
      );
      assert.equal(await wholeVersion(), '0.1.0');
      assert.deepEqual(await readdir(models('versions')), ['.lock', '0.1.0']);
      assert.equal((await publish(root, 'worse', { candidate: worse, force: true })).version, '0.1.1');
    });

    it('passes where its interval reaches the published value', async () => {
      const { comparison } = await publish(root, 'near', { candidate: { testHash, pairwiseAccuracy: share(0.86) } });
      assert.equal(comparison.outcome, 'not worse');
    });

    it('passes with a warning where the test pairs are others', async () => {
      const { comparison } = await publish(root, 'b', { candidate: { testHash: 'b'.repeat(64), pairwiseAccuracy: share(0.2) } });
      assert.ok(comparison.outcome === 'not comparable');
      assert.match(comparison.words, /other test pairs/);
    });
  });

  describe('going back', () => {
    beforeEach(async () => {
      await publish(root, 'a', { version: '1.0.0' });
      await publish(root, 'b', { version: '1.1.0' });
    });

    it('makes all names those of the old version, and forward again', async () => {
      const { from, checked } = await rollBack(models(), '1.0.0');
      assert.equal(from, '1.1.0');
      assert.equal(checked.length, 7);
      assert.equal(await wholeVersion(), '1.0.0');
      assert.equal(await readlink(models('current')), 'versions/1.0.0');
      await rollBack(models(), '1.1.0');
      assert.equal(await wholeVersion(), '1.1.0');
    });

    it('names the nearest version, and those that are there', () =>
      assert.rejects(
        rollBack(models(), '1.0.1'),
        problem('NOT_FOUND', /there are 1\.0\.0, 1\.1\.0\n {2}cure: did you mean 1\.[01]\.[01]\?/),
      ));

    it('refuses a version that is not whole, names every file, and changes nothing', async () => {
      await writeFile(models('versions/1.0.0/emo_aen.onnx'), 'altered');
      await rm(models('versions/1.0.0/metrics.json'));
      await assert.rejects(
        rollBack(models(), '1.0.0'),
        problem('ARTIFACT_ALTERED', /emo_aen\.onnx is not the file that was published; versions\/1\.0\.0\/metrics\.json is gone/),
      );
      assert.equal(await wholeVersion(), '1.1.0');
    });

    it('lists a version whose manifest cannot be read, with the reason', async () => {
      await writeFile(models('versions/1.0.0/manifest.json'), '{"format"');
      const [first, second] = await listVersions(models());
      assert.match(first?.fault ?? '', /cut off/);
      assert.deepEqual([second?.version, second?.current, second?.manifest?.version], ['1.1.0', true, '1.1.0']);
    });
  });

  describe('killed before any of its changes of the disk', () => {
    /** Kills at the first change, the second … until one gets through, and looks after each. Returns how many kills there were. */
    async function killEverywhere(deed: 'publish' | 'rollback', what: string, look: () => Promise<void>): Promise<number> {
      for (let kills = 0; ; kills++) {
        const ended = await run(process.execPath, [KILLED, root, deed, what, String(kills + 1)]).catch((error: unknown) => error);
        await look();
        if (!(ended instanceof Error)) return kills;
        assert.equal((ended as Error & { signal?: string }).signal, 'SIGKILL', String(ended));
      }
    }

    it('a publication leaves the old version or the new one whole, under every name', async function () {
      this.timeout(180_000);
      await publish(root, 'a', { version: '1.0.0' });
      const seen: string[] = [];
      const kills = await killEverywhere('publish', 'b', async () => {
        seen.push(await wholeVersion());
        // Each begins from the old version, and from whatever the kills before left lying.
        if (seen.at(-1) === '1.0.1') await rollBack(models(), '1.0.0');
      });
      assert.ok(kills > 20, `${kills} kills`);
      assert.deepEqual([...new Set(seen)], ['1.0.0', '1.0.1']);
      assert.deepEqual((await readdir(models('versions'))).sort(), ['.lock', '1.0.0', '1.0.1']);
    });

    it('a first publication leaves nothing published or all of it', async function () {
      this.timeout(180_000);
      const kills = await killEverywhere('publish', 'a', async () => {
        const manifest = await readManifest(models()).catch((error: unknown) => {
          assert.ok(error instanceof Problem && error.code === 'NOT_FOUND', String(error));
          return null;
        });
        if (manifest !== null) assert.equal(await wholeVersion(), '0.1.0');
      });
      assert.ok(kills > 20, `${kills} kills`);
      assert.equal(await wholeVersion(), '0.1.0');
    });

    it('going back leaves the one or the other whole', async function () {
      this.timeout(180_000);
      await publish(root, 'a', { version: '1.0.0' });
      await publish(root, 'b', { version: '1.1.0' });
      const kills = await killEverywhere('rollback', '1.0.0', async () => assert.ok(['1.0.0', '1.1.0'].includes(await wholeVersion())));
      assert.ok(kills > 2, `${kills} kills`);
      assert.equal(await wholeVersion(), '1.0.0');
    });
  });

  it('is published into by one at a time: the second waits and then passes', async () => {
    const both = await Promise.all([publish(root, 'a', { version: '1.0.0' }), publish(root, 'b', { version: '1.1.0' })]);
    assert.deepEqual(both.map(({ version }) => version).sort(), ['1.0.0', '1.1.0']);
    assert.deepEqual(
      (await listVersions(models())).map(({ version, fault }) => [version, fault]),
      [
        ['1.0.0', null],
        ['1.1.0', null],
      ],
    );
    await wholeVersion();
  });
});
