import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Problem } from '../../../configs/problem.js';
import { DEGRADATION_KINDS, SampleRecord } from '../../../configs/schema/sample.js';
import { auditPhotos } from '../../../ml/images/audit.js';
import { proposeForSet } from '../../../ml/images/propose.js';
import { packagedPhotos, photosIn } from '../../../ml/images/sample-sources.js';
import { makeSampleSet, type SampleOptions } from '../../../ml/images/sample.js';
import { lockSplits } from '../../../ml/images/splits-file.js';
import { picture, png, put, SETTINGS } from './photo-set.js';

describe('makeSampleSet', () => {
  let root: string;
  let into: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-sample-'));
    into = join(root, 'training_files');
    await put(root, 'own/first photo.png', await png(1, 300, 280));
    await put(root, 'own/second.jpg', await (await picture(2, 400, 260)).jpeg().toBuffer());
    await put(root, 'own/third.png', await png(3, 230, 240));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function make(more: Partial<SampleOptions> = {}): Promise<SampleRecord> {
    const sources = await photosIn(join(root, 'own'));
    return makeSampleSet({ sources, into, crops: 2, kinds: ['blur', 'noise'], seed: 0, ...more });
  }
  async function digest(): Promise<string> {
    const names = (await readdir(into, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const paths = names.map(({ parentPath, name }) => join(parentPath, name)).sort();
    const hash = createHash('sha256');
    for (const path of paths) hash.update(path).update(await readFile(path));
    return hash.digest('hex');
  }
  const isConflict = (error: unknown): boolean => error instanceof Problem && error.code === 'CONFLICT' && error.cure !== undefined;

  it('makes one folder per photo with pairs of every kind in turn, counted on from photo to photo, and notes what was done', async () => {
    const told: number[][] = [];
    const record = await make({ crops: 3, onScene: (done, total) => told.push([done, total]) });
    assert.deepEqual((await readdir(into)).sort(), ['degradations.json', 'first photo', 'second', 'third']);
    for (const label of ['good', 'bad']) {
      assert.deepEqual((await readdir(join(into, 'second', label))).sort(), ['0-noise.png', '1-blur.png', '2-noise.png']);
    }
    assert.deepEqual(SampleRecord.parse(JSON.parse(await readFile(join(into, 'degradations.json'), 'utf8'))), record);
    assert.equal(
      record.scenes[1]?.sha256,
      createHash('sha256')
        .update(await readFile(join(root, 'own/second.jpg')))
        .digest('hex'),
    );
    const { kind, parameters } = record.scenes[0]?.pairs[0] ?? {};
    assert.equal(kind, 'blur');
    assert.ok((parameters?.['sigma'] ?? 0) >= 1.5);
    assert.deepEqual(told.at(-1), [3, 3]);
  });

  it('cuts good out of the photo where the record says, without another change', async () => {
    const record = await make();
    const scene = record.scenes.find(({ folder }) => folder === 'third');
    assert.ok(scene);
    for (const { stem, crop, size } of scene.pairs) {
      assert.deepEqual(
        [crop.side, size],
        [230, 230].map(() => size),
      );
      const { left, top, side } = crop;
      const expected = await sharp(join(root, 'own/third.png')).extract({ left, top, width: side, height: side }).raw().toBuffer();
      assert.ok(
        (
          await sharp(join(into, 'third', 'good', `${stem}.png`))
            .raw()
            .toBuffer()
        ).equals(expected),
      );
    }
  });

  it('makes the same files of the same seed and others of another', async () => {
    await make();
    const first = await digest();
    await make({ force: true });
    assert.equal(await digest(), first);
    await make({ force: true, seed: 1 });
    assert.notEqual(await digest(), first);
  });

  it('makes a set that passes the audit and is called synthetic, with all kinds and with splits proposed for it', async () => {
    await make({ crops: DEGRADATION_KINDS.length, kinds: DEGRADATION_KINDS });
    await lockSplits(root, SETTINGS.splits.file, await proposeForSet({ root, settings: SETTINGS }));
    const { report, dataset } = await auditPhotos({ root, settings: SETTINGS });
    // The smallest of the photos has few places for a crop, so some crops are cut twice.
    assert.deepEqual(
      report.findings.filter(({ code, file }) => code !== 'same-photo-twice' || !file.startsWith('third/')),
      [],
    );
    assert.deepEqual([report.synthetic, dataset?.synthetic, report.photos], [true, true, 3 * 2 * DEGRADATION_KINDS.length]);
    await rm(join(into, 'degradations.json'));
    assert.equal((await auditPhotos({ root, settings: SETTINGS })).report.synthetic, false);
  });

  it('degrades every pair visibly', async () => {
    const record = await make({ crops: DEGRADATION_KINDS.length, kinds: DEGRADATION_KINDS });
    for (const { folder, pairs } of record.scenes) {
      for (const { stem } of pairs) {
        const [good, bad] = await Promise.all(
          ['good', 'bad'].map((label) =>
            sharp(join(into, folder, label, `${stem}.png`))
              .raw()
              .toBuffer(),
          ),
        );
        assert.ok(good && bad);
        const difference = good.reduce((sum, value, index) => sum + Math.abs(value - (bad[index] ?? 0)), 0) / good.length;
        // The test's pictures are soft already, so that blur does least.
        assert.ok(difference > 0.3, `${folder} ${stem}: ${difference}`);
      }
    }
  });

  it('uses each photo upright and in sRGB, and tells which could not be used', async () => {
    const tall = await picture(5, 260, 300);
    await put(root, 'own/turned.jpg', await tall.clone().rotate(270).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    await put(root, 'own/small.png', await png(6, 223, 400));
    await put(root, 'own/words.png', 'words');
    const record = await make({ crops: 1 });
    assert.deepEqual(
      record.skipped.map(({ source }) => source),
      ['small.png', 'words.png'],
    );
    const pair = record.scenes.find(({ folder }) => folder === 'turned')?.pairs[0];
    assert.ok(pair);
    const { left, top, side } = pair.crop;
    const expected = await tall.clone().extract({ left, top, width: side, height: side }).resize(pair.size, pair.size).raw().toBuffer();
    const got = await sharp(join(into, 'turned', 'good', `${pair.stem}.png`))
      .raw()
      .toBuffer();
    assert.ok(got.reduce((sum, value, index) => sum + Math.abs(value - (expected[index] ?? 0)), 0) / got.length < 3);
  });

  it('refuses a folder of anything else, forced or not, and leaves it as it was', async () => {
    await put(root, 'training_files/mine/good/a.png', 'mine');
    const before = await digest();
    for (const force of [false, true]) await assert.rejects(make({ force }), isConflict);
    assert.equal(await digest(), before);
  });

  it('refuses a sample set unless forced, and then touches nothing but what it made', async () => {
    await put(root, 'training_files/README.md', 'read me');
    await make();
    const before = await digest();
    await assert.rejects(make({ seed: 1 }), isConflict);
    assert.equal(await digest(), before);
    await mkdir(join(into, 'mine'));
    await assert.rejects(make({ force: true }), isConflict);
    assert.equal(await readFile(join(into, 'README.md'), 'utf8'), 'read me');
  });

  const hostile: readonly (readonly [name: string, folder: string])[] = [
    ['the way up', '../../victim'],
    ['the way up and back', '../training_files/../victim'],
    ['an absolute path', '/victim'],
    ['the set itself', '.'],
    ['the folder above', '..'],
    ['two names', 'mine/deeper'],
    ['a backslash', '..\\victim'],
    ['a NUL', 'a\0b'],
    ['nothing', ''],
  ];
  for (const [name, folder] of hostile)
    for (const force of [false, true])
      it(`removes nothing where the record names ${name} as a folder${force ? ', forced' : ''}`, async () => {
        await put(root, 'victim/keep.txt', 'kept');
        const scene = { source: 'a.png', sha256: '0'.repeat(64), pairs: [] };
        const scenes = [folder, 'not-there'].map((each) => ({ ...scene, folder: each }));
        const record = { version: 2, synthetic: true, seed: 0, scenes, skipped: [] };
        await put(root, 'training_files/degradations.json', JSON.stringify(record));
        await assert.rejects(make({ force }), isConflict);
        assert.equal(await readFile(join(root, 'victim/keep.txt'), 'utf8'), 'kept');
        assert.deepEqual(await readdir(into), ['degradations.json']);
      });

  const others: readonly (readonly [name: string, change: () => Promise<unknown>])[] = [
    ['a photo that a person put in the place of one', async () => writeFile(join(into, 'second/good/0-blur.png'), await png(9))],
    ['a file that it did not make', () => put(root, 'training_files/second/scores.csv', 'good/0-blur.png,3')],
    ['a folder that it did not make', () => mkdir(join(into, 'second/good/mine'))],
    [
      'a folder that is a link by now',
      async () => {
        await rename(join(into, 'second'), join(root, 'elsewhere'));
        await symlink('../elsewhere', join(into, 'second'));
      },
    ],
    [
      'a photo that is a link by now',
      async () => {
        await rename(join(into, 'second/good/0-blur.png'), join(root, 'photo.png'));
        await symlink('../../../photo.png', join(into, 'second/good/0-blur.png'));
      },
    ],
    [
      'a record that is a link',
      async () => {
        await rename(join(into, 'degradations.json'), join(root, 'record.json'));
        await symlink('../record.json', join(into, 'degradations.json'));
      },
    ],
    ['a record that is damaged', () => writeFile(join(into, 'degradations.json'), '{"version": 2')],
  ];
  for (const [name, change] of others)
    it(`removes nothing of a set of its own that holds ${name}, forced and with a folder gone`, async () => {
      await make();
      await change();
      await rm(join(into, 'third'), { recursive: true });
      const before = await digest();
      for (const force of [false, true]) await assert.rejects(make({ force }), isConflict);
      assert.equal(await digest(), before);
    });

  it('makes a scene of a photo that is called as the record, and names one that gives no folder a name', async () => {
    const photo = await png(4, 240, 240);
    const names = ['degradations.json.jpg', 'README.md.png', 'Thumbs.db.png', `${'y'.repeat(250)}.png`, 'a\\b.png'];
    for (const name of names) await put(root, `own/${name}`, photo);
    const { skipped, scenes } = await make({ crops: 1 });
    assert.deepEqual(skipped, [{ source: 'a\\b.png', reason: 'cannot give its name to a folder: it holds a separator of folders' }]);
    for (const name of ['degradations.json-2', 'README.md-2', 'Thumbs.db-2', 'y'.repeat(250)])
      assert.ok(scenes.some(({ folder }) => folder === name));
    await make({ crops: 1, force: true });
  });

  it('makes again, unasked, what a kill left half in place', async () => {
    await make();
    const whole = await digest();
    await rm(join(into, 'second'), { recursive: true });
    await mkdir(join(into, '.making-0123456789ab'));
    await make();
    assert.equal(await digest(), whole);
    assert.deepEqual(
      (await readdir(into)).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('leaves nothing where no photo can be used, or where it is stopped', async () => {
    for (const name of await readdir(join(root, 'own'))) await writeFile(join(root, 'own', name), 'words');
    await assert.rejects(make(), (error) => error instanceof Problem && error.code === 'DATASET');
    await assert.rejects(make({ signal: AbortSignal.abort(new Error('enough')) }), /enough/);
    assert.deepEqual(await readdir(into), []);
  });
});

describe('the photos of a sample set', () => {
  it('are the files of a flat folder, no two scenes of one name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emo-aen-sources-'));
    for (const name of ['a.jpg', 'A.png', 'b.jpg', '.hidden']) await writeFile(join(folder, name), '');
    await mkdir(join(folder, 'deeper'));
    assert.deepEqual(
      (await photosIn(folder)).map(({ name }) => name),
      ['A', 'a-2', 'b'],
    );
    await rm(folder, { recursive: true });
    await assert.rejects(photosIn(folder), (error) => error instanceof Problem && error.code === 'NOT_FOUND');
  });

  it('are eight where packages carry them, those of npm being installed here', async () => {
    const sources = packagedPhotos('/wheel');
    assert.equal(new Set(sources.map(({ name }) => name)).size, 8);
    for (const { path } of sources.filter((source) => !source.path.startsWith('/wheel'))) {
      const { width, height } = await sharp(path).metadata();
      assert.ok(Math.min(width, height) >= 256, path);
    }
  });
});
