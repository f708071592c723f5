import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { SplitsFile } from '../../../configs/schema/splits.js';
import { auditPhotos } from '../../../ml/images/audit.js';
import { proposeForSet } from '../../../ml/images/propose.js';
import type { FoundPhoto } from '../../../ml/images/scan.js';
import { lockSplits, readSplits } from '../../../ml/images/splits-file.js';
import { compareWithFile } from '../../../ml/images/splits-standing.js';
import { assignSplits } from '../../../ml/images/splits.js';
import { FOLDERS, picture, png, put, SETTINGS, soundProject } from './photo-set.js';

describe('assignSplits', () => {
  const photos = ['one', 'two'].flatMap((folder) =>
    ['good', 'bad'].flatMap((label) =>
      ['a', 'b', 'c'].map((stem): FoundPhoto => ({
        file: `${folder}/${label}/${stem}.png`,
        path: '',
        folder,
        label: label as 'good',
        stem,
      })),
    ),
  );

  it('takes lists of stems per folder', () => {
    const { splitOf, findings } = assignSplits({ one: 'train', two: { train: ['a'], val: ['b'], test: ['c'] } }, photos, 's.json');
    assert.deepEqual(findings, []);
    assert.deepEqual(
      [splitOf.get('two/good/a.png'), splitOf.get('two/bad/b.png'), splitOf.get('two/good/c.png')],
      ['train', 'val', 'test'],
    );
    assert.equal(splitOf.size, 12);
  });

  it('finds stems in two lists, in none, and of nothing', () => {
    const { findings } = assignSplits({ one: 'test', two: { train: ['a'], val: ['a', 'b'], test: ['z'] } }, photos, 's.json');
    assert.deepEqual(findings.map(({ code, file }) => `${code} ${file}`).sort(), [
      'in-two-splits s.json',
      'split-of-nothing s.json',
      'without-split two/bad/c.png',
      'without-split two/good/c.png',
    ]);
  });
});

describe('the splits file', () => {
  let root: string;
  let path: string;
  beforeEach(async () => {
    root = await soundProject();
    path = join(root, SETTINGS.splits.file);
  });
  afterEach(() => rm(root, { recursive: true }));
  const audited = async (): Promise<string[]> => (await auditPhotos({ root, settings: SETTINGS })).report.findings.map(({ code }) => code);

  it('stays locked where a copy of the set writes the same names in the other form', async () => {
    const photos = join(root, SETTINGS.photos.root);
    const [there, copied] = ['\u00c9t\u00e9', 'E\u0301te\u0301'];
    for (const label of ['good', 'bad'])
      await put(root, `${SETTINGS.photos.root}/${there}/${label}/\u00e9.png`, await png(label === 'good' ? 50 : 51));
    const settings = { ...SETTINGS, pairs: { ...SETTINGS.pairs, weights: { [there]: 2 } } };
    const before = await proposeForSet({ root, settings });
    await lockSplits(root, SETTINGS.splits.file, { ...before, splits: { ...before.splits, [there]: 'train' } });
    await cp(join(photos, there), join(photos, copied), { recursive: true });
    await rm(join(photos, there), { recursive: true });
    for (const label of ['good', 'bad'])
      await rename(join(photos, copied, label, '\u00e9.png'), join(photos, copied, label, 'e\u0301.png'));
    const { standing } = await compareWithFile({ root, settings });
    assert.deepEqual([standing.state, standing.added, standing.gone], ['locked', [], []]);
    const { report, dataset } = await auditPhotos({ root, settings });
    assert.deepEqual([report.findings, dataset?.hash], [[], before.datasetHash]);
    assert.equal(dataset?.photos.at(-1)?.folder, there);
  });

  it('names no folder in both forms', async () => {
    await put(root, SETTINGS.splits.file, JSON.stringify({ ...FOLDERS, '\u00e9': 'train', 'e\u0301': 'test' }));
    assert.ok((await audited()).includes('splits-unreadable'));
  });

  it('is locked to the set as it is, until a photo changes', async () => {
    const before = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual([before.state, before.added, before.gone, before.splits], ['unlocked', [], [], { ...FOLDERS }]);
    await lockSplits(root, SETTINGS.splits.file, before);
    assert.deepEqual(await readSplits(root, SETTINGS.splits.file), {
      assignments: { ...FOLDERS },
      datasetHash: before.datasetHash,
      folders: before.folders,
      findings: [],
    });
    assert.equal((await proposeForSet({ root, settings: SETTINGS })).state, 'locked');
    assert.deepEqual(await audited(), []);
    await put(root, 'training_files/one/good/a.png', await png(77));
    assert.deepEqual(await audited(), ['splits-locked-to-another-set']);
    const after = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual(
      [after.state, after.changes],
      ['locked to another set', { added: [], gone: [], changed: [{ folder: 'one', then: 4, now: 4 }] }],
    );
    await lockSplits(root, SETTINGS.splits.file, after);
    assert.deepEqual(await audited(), []);
  });

  it('is proposed where there is none, and completed where a folder is new or gone', async () => {
    await rm(path);
    const proposal = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual([proposal.state, Object.values(proposal.splits).sort()], ['missing', ['test', 'train', 'val']]);
    await put(root, SETTINGS.splits.file, JSON.stringify({ one: 'train', two: 'val', lost: 'test' }));
    const completed = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual([completed.added, completed.gone], [['three'], ['lost']]);
    assert.deepEqual(completed.splits, { one: 'train', two: 'val', three: 'test' });
  });

  const tellsOf = async (): Promise<string | undefined> =>
    (await auditPhotos({ root, settings: SETTINGS })).report.findings.find(({ code }) => code === 'splits-locked-to-another-set')?.message;

  it('says which folders are new, gone and changed since it was locked, in the audit and on its own', async () => {
    await lockSplits(root, SETTINGS.splits.file, await proposeForSet({ root, settings: SETTINGS }));
    await rm(join(root, 'training_files/two'), { recursive: true });
    await put(root, 'training_files/one/good/c.png', await png(77));
    await put(root, 'training_files/one/bad/c.png', await png(78));
    await put(root, 'training_files/three/good/a.png', await png(79));
    await put(root, 'training_files/four/good/a.png', await png(80));
    const { standing } = await compareWithFile({ root, settings: SETTINGS });
    assert.deepEqual(standing.changes, {
      added: ['four'],
      gone: ['two'],
      changed: [
        { folder: 'one', then: 4, now: 6 },
        { folder: 'three', then: 4, now: 4 },
      ],
    });
    assert.match(
      (await tellsOf()) ?? '',
      /the photos are now \w{12}…; new: "four"; gone: "two"; changed: "one" \(4 photos then, 6 now\), "three" \(4 photos, others than then\)$/,
    );
  });

  it('says only that the set changed where it does not say what its folders held', async () => {
    await put(root, SETTINGS.splits.file, JSON.stringify({ version: 1, datasetHash: '0'.repeat(64), splits: FOLDERS }));
    const { standing } = await compareWithFile({ root, settings: SETTINGS });
    assert.deepEqual([standing.state, standing.changes], ['locked to another set', null]);
    assert.match((await tellsOf()) ?? '', /which folders changed is not known: the file does not say what they held$/);
  });

  it('has a line for each folder, names its schema from where it lies, and is read back', async () => {
    const file = 'docs/deep/splits.json';
    const settings = { ...SETTINGS, splits: { ...SETTINGS.splits, file } };
    const proposal = await proposeForSet({ root, settings });
    await lockSplits(root, file, proposal);
    const text = await readFile(join(root, file), 'utf8');
    assert.deepEqual(SplitsFile.parse(JSON.parse(text)), {
      $schema: '../../configs/schema/splits.schema.json',
      version: 1,
      datasetHash: proposal.datasetHash,
      splits: proposal.splits,
      folders: proposal.folders,
    });
    assert.match(text, /^ {4}"one": \{ "photos": 4, "digest": "[0-9a-f]{16}" \},$/m);
    assert.equal((await compareWithFile({ root, settings })).standing.state, 'locked');
  });

  it('may name its schema in the plain form too', async () => {
    await put(root, SETTINGS.splits.file, JSON.stringify({ $schema: '../configs/schema/splits.schema.json', ...FOLDERS }));
    assert.deepEqual((await readSplits(root, SETTINGS.splits.file)).assignments, { ...FOLDERS });
  });

  it('with lists for fewer than three folders is locked as it is', async () => {
    await rm(join(root, 'training_files/three'), { recursive: true });
    const lists = { one: { train: ['a'], val: ['b'], test: [] }, two: 'test' };
    await put(root, SETTINGS.splits.file, JSON.stringify(lists));
    const proposal = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual(proposal.splits, lists);
    assert.deepEqual(proposal.shares.val, { folders: 1, pairs: 1, share: 0.25, wanted: 0.1 });
  });

  it('puts folders that share photos into one split', async () => {
    await rm(path);
    for (const [number, folder] of ['four', 'five', 'six'].entries())
      for (const label of ['good', 'bad'])
        await put(root, `training_files/${folder}/${label}/a.png`, await png(90 + 2 * number + (label === 'good' ? 0 : 1)));
    await put(root, 'training_files/six/good/a.jpg', await (await picture(0)).jpeg({ quality: 80 }).toBuffer());
    await cp(join(root, 'training_files/five/bad/a.png'), join(root, 'training_files/two/bad/z.png'));
    const proposal = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual(proposal.together.map((group) => [...group].sort()).sort(), [
      ['five', 'two'],
      ['one', 'six'],
    ]);
    assert.equal(proposal.splits['five'], proposal.splits['two']);
    assert.equal(proposal.splits['one'], proposal.splits['six']);
    assert.equal(new Set(Object.values(proposal.splits)).size, 3);
  });

  it('is proposed from what the audit saw of each photo, which is not looked at again', async () => {
    await rm(path);
    await auditPhotos({ root, settings: SETTINGS });
    // As if the audit had seen one picture in all photos of two folders.
    const file = join(root, '.emo-aen/cache/inspections.json');
    const [, body = ''] = (await readFile(file, 'utf8')).split('\n');
    const { photos } = await compareWithFile({ root, settings: SETTINGS });
    const shared = new Set(photos.flatMap(({ folder, sha256 }) => (folder === 'three' ? [] : [sha256])));
    const contents = (JSON.parse(body) as [string, object][]).map(([key, content]) => {
      const [sha256 = ''] = key.split('-');
      return [key, shared.has(sha256) ? { ...content, pixels: 'one and the same' } : content];
    });
    const changed = JSON.stringify(contents);
    await writeFile(file, `${createHash('sha256').update(changed).digest('hex')}\n${changed}\n`);
    await put(root, 'training_files/four/good/a.png', await png(70));
    await put(root, 'training_files/five/good/a.png', await png(71));
    assert.deepEqual((await proposeForSet({ root, settings: SETTINGS })).together, [['one', 'two']]);
  });

  const wrong: readonly (readonly [name: string, text: string, message: RegExp])[] = [
    ['a folder named twice', '{\n"one": "train",\n"one": "val"\n}', /^3:1: .*one/],
    ['a split that is none', '{"one": "training"}', /^1:9: /],
    ['an unknown key beside the splits', '{"version": 1, "splits": {}, "hash": ""}', /hash/],
    ['a list', '["one"]', /^1:1: /],
    ['nothing', '', /empty/],
    ['half of it', '{"one": "tr', /./],
    ['a digest that is none', '{"version": 1, "splits": {}, "folders": {"one": {"photos": 1, "digest": "x"}}}', /^1:\d+: .*16 digits/],
  ];
  for (const [name, text, message] of wrong) {
    it(`is refused with ${name}, with the place, and is not changed by a proposal`, async () => {
      await put(root, SETTINGS.splits.file, text);
      const { assignments, findings } = await readSplits(root, SETTINGS.splits.file);
      assert.equal(assignments, null);
      assert.ok(
        findings.some((found) => found.code === 'splits-unreadable' && found.file === SETTINGS.splits.file && message.test(found.message)),
        JSON.stringify(findings),
      );
      await assert.rejects(proposeForSet({ root, settings: SETTINGS }), (error) => error instanceof Problem && error.code === 'DATASET');
      assert.equal(await readFile(path, 'utf8'), text);
      assert.equal((await proposeForSet({ root, settings: SETTINGS, fresh: true })).added.length, 3);
    });
  }

  it('may be indented with tabs, as JSON may', async () => {
    await put(root, SETTINGS.splits.file, JSON.stringify({ version: 1, splits: FOLDERS }, null, '\t'));
    assert.deepEqual((await readSplits(root, SETTINGS.splits.file)).findings, []);
  });
});
