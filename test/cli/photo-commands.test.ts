import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditReport } from '../../configs/schema/audit.js';
import { LockedSplits } from '../../configs/schema/splits.js';
import { png, put } from '../ml/images/photo-set.js';
import { invoke, type Outcome } from './invoke.js';

describe('sample, splits and audit on the command line', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-commands-'));
    await cp('configs', join(root, 'configs'), { recursive: true });
    for (let number = 0; number < 4; number++) await put(root, `own/scene ${number}.png`, await png(number, 260, 250));
  });
  after(() => rm(root, { recursive: true }));
  const run = (name: string, ...args: readonly string[]): Promise<Outcome> => invoke(name, '--root', root, ...args);
  const answer = ({ stdout }: Outcome): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

  it('make a set of own photos, lock splits for it, and find it sound; then find what was broken', async () => {
    const sampled = await run('sample', '--from', 'own', '--crops', '2', '--json');
    assert.deepEqual([sampled.code, answer(sampled)['scenes'], answer(sampled)['pairs'], answer(sampled)['synthetic']], [0, 4, 8, true]);

    const proposed = await run('splits', '--json');
    assert.deepEqual([proposed.code, answer(proposed)['locked'], answer(proposed)['state']], [0, false, 'missing']);
    const unlocked = await run('splits', '--verify');
    assert.deepEqual([unlocked.code, unlocked.stdout], [1, 'docs/splits.json is not there\n']);
    const locked = await run('splits', '--lock', '--seed', '3');
    assert.equal(locked.code, 0);
    const file = LockedSplits.parse(JSON.parse(await readFile(join(root, 'docs/splits.json'), 'utf8')));
    assert.equal(Object.keys(file.splits).length, 4);
    assert.ok(locked.stdout.includes(`docs/splits.json is locked to the set ${file.datasetHash ?? ''}`));
    assert.equal((await run('splits', '--verify')).code, 0);

    const { shares, together, oversized } = answer(await run('splits', '--json'));
    assert.deepEqual(shares, {
      train: { folders: 2, pairs: 4, share: 0.5, wanted: 0.8 },
      val: { folders: 1, pairs: 2, share: 0.25, wanted: 0.1 },
      test: { folders: 1, pairs: 2, share: 0.25, wanted: 0.1 },
    });
    assert.deepEqual([together, oversized], [[], []]);

    const sound = await run('audit', '--json');
    const report = AuditReport.parse(answer(sound));
    assert.deepEqual([sound.code, report.ok, report.hash, report.synthetic], [0, true, file.datasetHash, true]);

    await put(root, 'training_files/scene 1/good/0-blur.png', 'words');
    const broken = await run('audit');
    assert.equal(broken.code, 1);
    assert.match(broken.stdout, /error: not-an-image \(1\)\n {2}scene 1\/good\/0-blur\.png: is not an image.*\n {2}cure: /);
    assert.match(broken.stdout, /error: splits-locked-to-another-set \(1\)\n {2}docs\/splits\.json: is locked to the set/);
    const page = await run('audit', '--html', 'out/audit.html', '--json');
    assert.deepEqual([page.code, AuditReport.parse(answer(page)).ok], [1, false]);
    assert.match(await readFile(join(root, 'out/audit.html'), 'utf8'), /^<!doctype html>[\s\S]*is not an image/);
    const verified = await run('splits', '--verify');
    assert.deepEqual(
      [verified.code, verified.stdout],
      [1, 'docs/splits.json is locked to another set of photos than lies here\nchanged: "scene 1" (4 photos then, 5 now)\n'],
    );
    const { changes, state } = answer(await run('splits', '--verify', '--json'));
    assert.deepEqual(
      [state, changes],
      ['locked to another set', { added: [], gone: [], changed: [{ folder: 'scene 1', then: 4, now: 5 }] }],
    );
  });

  it('propose one split for folders that share photos, and say where that makes the shares impossible', async () => {
    for (const [number, folder] of ['a', 'b', 'c', 'd'].entries()) {
      const label = (name: string): string => `tied/${folder}/${name}`;
      await put(root, label('good/own.png'), await png(100 + number));
      await put(root, label('bad/own.png'), await png(200 + number));
      if (folder !== 'd') {
        await put(root, label('good/tie.png'), await png(300));
        await put(root, label('bad/tie.png'), await png(400 + number));
      }
    }
    const set = ['--set', 'dataset.photos.root=tied', '--set', 'dataset.splits.file=docs/tied.json'];
    const refused = await run('splits', '--json', ...set);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /must stand in one split, which leaves 2 of 4 for three splits: "a" \+ "b" \+ "c"; "d"/);
    for (const label of ['good', 'bad']) await put(root, `tied/e/${label}/own.png`, await png(500 + label.length));
    const less = ['--set', 'dataset.splits.train=0.7', '--set', 'dataset.splits.val=0.2'];
    const shown = await run('splits', ...set, ...less);
    assert.equal(shown.code, 0);
    assert.match(shown.stdout, /^in one split, because they share photos: "a", "b", "c"$/m);
    assert.match(shown.stdout, /^the shares cannot be met: "a", "b", "c" alone have 75\.0 % of the pairs$/m);
    const { together, oversized } = answer(await run('splits', '--json', ...set, ...less));
    assert.deepEqual([together, oversized], [[['a', 'b', 'c']], [{ folders: ['a', 'b', 'c'], share: 0.75 }]]);
  });

  it('write a corrected copy that says what was left out, and audit it as a set of its own', async () => {
    await rm(join(root, 'training_files/scene 1/good/0-blur.png'));
    const [first] = await readdir(join(root, 'training_files/scene 1/good'));
    const [other] = await readdir(join(root, 'training_files/scene 2/good'));
    assert.ok(first !== undefined && other !== undefined);
    await put(root, `training_files/scene 1/good/${first}`, 'words');
    await put(root, `training_files/scene 2/good/${other}`, Buffer.concat([await png(9), Buffer.from('tail')]));
    const broken = await run('audit', '--fix', '--into', 'right', '--json');
    const copy = answer(broken);
    assert.deepEqual([broken.code, copy['photos'], copy['asTheyAre']], [1, 15, 14]);
    assert.deepEqual(copy['brokenPairs'], [{ file: `scene 1/bad/${first}`, without: `scene 1/good/${first}` }]);
    const again = await run('audit', '--fix', '--into', 'right');
    assert.deepEqual([again.code, /right.*holds ".*" already/.test(again.stderr)], [1, true]);

    await put(root, `training_files/scene 1/good/${first}`, await png(8));
    const whole = await run('audit', '--fix', '--into', 'whole');
    assert.equal(whole.code, 0);
    assert.match(whole.stdout, /^16 photos in whole, 15 of them as they are\n {2}trailing-bytes-dropped: 1\n/);
    const set = ['--set', 'dataset.photos.root=whole'];
    assert.ok(whole.stdout.endsWith(`next: emo-aen audit ${set.join(' ')}\n`));
    assert.equal((await run('splits', '--lock', ...set)).code, 0);
    const sound = AuditReport.parse(answer(await run('audit', '--json', ...set)));
    assert.deepEqual([sound.ok, sound.photos, sound.synthetic], [true, 16, true]);
  });

  it('refuse what makes no sense, with its exit code', async () => {
    const nowhere = await run('sample', '--from', 'nowhere', '--into', 'elsewhere');
    assert.deepEqual([nowhere.code, /nowhere.*cannot be read as a folder/.test(nowhere.stderr)], [1, true]);
    const kind = await run('sample', '--from', 'own', '--kinds', 'blurr');
    assert.notEqual(kind.code, 0);
    assert.match(kind.stderr, /did you mean blur\?/);
    const nowhereTo = await run('audit', '--fix');
    assert.deepEqual([nowhereTo.code, /add --into DIR/.test(nowhereTo.stderr)], [2, true]);
    const nothingTo = await run('audit', '--into', 'copy');
    assert.deepEqual([nothingTo.code, /add --fix/.test(nothingTo.stderr)], [2, true]);
    const inside = await run('audit', '--fix', '--into', 'training_files/copy');
    assert.deepEqual([inside.code, /inside the photo root/.test(inside.stderr)], [2, true]);
    const seed = await run('splits', '--seed', '-1');
    assert.deepEqual([seed.code, /splits\.seed/.test(seed.stderr)], [2, true]);
  });
});
