import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { checkpointName, CheckpointFiles, type CheckpointKind } from '../../../ml/engine/checkpoint-files.js';

const TENSORS = new Map([['weight', { shape: [2], data: Float32Array.of(1, 2) }]]);

describe('checkpoints on disk', () => {
  let base = '';
  let folder = '';
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'emo-aen-checkpoints-'));
    folder = join(base, 'checkpoints/run');
    await mkdir(folder, { recursive: true });
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const open = async (key = 'key'): Promise<CheckpointFiles> => (await CheckpointFiles.open(folder, key, 2)).files;
  const write = (files: CheckpointFiles, epoch: number, kinds: CheckpointKind[], best: number | null): Promise<void> =>
    files.write({
      file: checkpointName(epoch, 0),
      kinds,
      best: best === null ? null : checkpointName(best, 0),
      tensors: TENSORS,
      metadata: { epoch: String(epoch) },
    });
  const present = async (): Promise<number[]> =>
    (await readdir(folder))
      .flatMap((file) => /^epoch-(\d+)-step-\d+\.safetensors$/.exec(file)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);

  it('are kept: the newest two, the last two periodic ones, and the best of each', async () => {
    const files = await open();
    await write(files, 2, ['best'], 2);
    await write(files, 3, ['periodic'], 2);
    await write(files, 4, ['best'], 4);
    await write(files, 5, ['periodic'], 4);
    await write(files, 6, ['recent'], 4);
    await write(files, 7, ['periodic'], 4);
    assert.deepEqual(await present(), [4, 5, 6, 7]);
    await write(files, 8, ['recent'], 4);
    await write(files, 9, ['recent'], 4);
    assert.deepEqual(await present(), [4, 5, 7, 8, 9]);
  });

  for (const [harm, fault] of [
    ['cut short', 'has 10 bytes'],
    ['emptied', 'has 0 bytes'],
    ['changed by a bit', 'its sha256 differs'],
    ['removed', 'is gone'],
    ['replaced by a pipe', 'is a folder, device, pipe or socket, not a file'],
  ] as const)
    it(`that were ${harm} are set aside for the one before, and told`, async () => {
      const files = await open();
      await write(files, 2, ['best'], 2);
      await write(files, 3, ['periodic'], 2);
      const path = join(folder, checkpointName(3, 0));
      const bytes = await readFile(path);
      bytes[bytes.length - 1] = 1 ^ (bytes[bytes.length - 1] ?? 0);
      if (harm === 'replaced by a pipe') {
        await rm(path);
        execFileSync('mkfifo', [path]);
      } else if (harm === 'removed') await rm(path);
      else if (harm === 'changed by a bit') await writeFile(path, bytes);
      else await truncate(path, harm === 'emptied' ? 0 : 10);
      const { entry, warnings } = await (await open()).newest();
      assert.equal(entry?.file, checkpointName(2, 0));
      assert.equal(warnings.length, 1);
      assert.ok(warnings[0]?.includes(fault), warnings[0]);
      assert.equal((await readdir(folder)).includes(`${checkpointName(3, 0)}.damaged`), harm !== 'removed');
    });

  it('are not used without the best of their time', async () => {
    const files = await open();
    await write(files, 2, ['periodic', 'best'], 2);
    await write(files, 3, ['best'], 3);
    await write(files, 4, ['periodic'], 3);
    await truncate(join(folder, checkpointName(3, 0)), 10);
    const { entry } = await (await open()).newest();
    assert.equal(entry?.file, checkpointName(2, 0));
  });

  it('are set aside, and told, where their index cannot be read: nothing vouches for them, and nothing is thrown away', async () => {
    await write(await open(), 2, ['best'], 2);
    await truncate(join(folder, 'index.json'), 20);
    const { files, foreign } = await CheckpointFiles.open(folder, 'key', 2);
    const { entry, warnings } = await files.newest();
    assert.deepEqual([foreign, entry, warnings.length], [false, null, 1]);
    assert.match(warnings[0] ?? '', /index\.json.*cannot be read.*1 checkpoints? .*set aside/);
    assert.deepEqual((await readdir(folder)).sort(), [`${checkpointName(2, 0)}.damaged`, 'index.json', 'index.json.damaged']);
  });

  for (const place of ['file', 'best'] as const)
    for (const name of [
      '../victim.txt',
      '../../victim.txt',
      '/victim.txt',
      'best.safetensors',
      '..',
      `${checkpointName(2, 0)}\0`,
      `x/../${checkpointName(2, 0)}`,
    ])
      it(`are set aside where their index names ${JSON.stringify(name)} as a ${place}, which stays what it was`, async () => {
        await write(await open(), 2, ['best'], 2);
        const kept = [join(folder, '../victim.txt'), join(base, 'victim.txt'), join(folder, 'best.safetensors')];
        for (const path of kept) await writeFile(path, 'kept');
        const path = join(folder, 'index.json');
        const index = JSON.parse(await readFile(path, 'utf8')) as { entries: Record<string, unknown>[] };
        await writeFile(path, JSON.stringify({ ...index, entries: index.entries.map((entry) => ({ ...entry, [place]: name })) }));
        const { entry, warnings } = await (await open()).newest();
        assert.deepEqual([entry, warnings.length], [null, 1]);
        for (const each of kept) assert.equal(await readFile(each, 'utf8'), 'kept');
        assert.ok((await readdir(folder)).includes(`${checkpointName(2, 0)}.damaged`));
      });

  it('stay periodic and best when the same one is written again', async () => {
    const files = await open();
    for (const epoch of [2, 4, 6]) await write(files, epoch, ['periodic', 'best'], epoch);
    await write(files, 6, ['recent'], 6);
    await write(files, 7, ['recent'], 6);
    await write(files, 8, ['recent'], 6);
    assert.deepEqual(await present(), [4, 6, 7, 8]);
  });

  it('of another key are gone, and said to be foreign', async () => {
    await write(await open(), 2, ['best'], 2);
    const { files, foreign } = await CheckpointFiles.open(folder, 'other', 2);
    assert.equal(foreign, true);
    assert.equal((await files.newest()).entry, null);
    assert.deepEqual(await present(), []);
  });

  it('are not written with a number that is none, and those before stay', async () => {
    const files = await open();
    await write(files, 2, ['best'], 2);
    const tensors = new Map([...TENSORS, ['norm.running_var', { shape: [2], data: Float32Array.of(1, Infinity) }]]);
    const broken = files.write({ file: checkpointName(3, 0), kinds: ['periodic'], best: null, tensors, metadata: {} });
    await assert.rejects(
      broken,
      (error) => error instanceof Problem && error.code === 'NUMERICS' && /^norm\.running_var: /.test(error.message),
    );
    assert.deepEqual(await present(), [2]);
    assert.equal((await (await open()).newest()).entry?.file, checkpointName(2, 0));
  });

  it('lose what a kill left behind, and keep results', async () => {
    const stray = ['index.json.tmp-1-ef', `${checkpointName(1, 0)}.tmp-12-ab`, checkpointName(9, 9), 'best.safetensors.tmp-1-cd'];
    for (const file of [...stray, 'initial.safetensors', 'best.safetensors']) await writeFile(join(folder, file), '');
    await open();
    assert.deepEqual((await readdir(folder)).sort(), ['best.safetensors', 'index.json', 'initial.safetensors']);
  });
});
