import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import type { Assignments } from '../../../configs/schema/splits.js';
import { auditPhotos } from '../../../ml/images/audit.js';
import { proposeForSet } from '../../../ml/images/propose.js';
import type { FoundPhoto } from '../../../ml/images/scan.js';
import { lockSplits, readSplits } from '../../../ml/images/splits-file.js';
import { assignSplits, proposeSplits } from '../../../ml/images/splits.js';
import { FOLDERS, png, put, SETTINGS, soundProject } from './photo-set.js';

const SHARES = { seed: 0, train: 0.8, val: 0.1, test: 0.1 };
const folders = (count: number): string[] => Array.from({ length: count }, (_, number) => `folder ${number}`);
const counts = (splits: Assignments): Record<string, number> => {
  const values = Object.values(splits);
  return Object.fromEntries(['train', 'val', 'test'].map((split) => [split, values.filter((value) => value === split).length]));
};

describe('proposeSplits', () => {
  it('fills the shares, and each split with at least one folder', () => {
    assert.deepEqual(counts(proposeSplits(folders(100), SHARES)), { train: 80, val: 10, test: 10 });
    assert.deepEqual(counts(proposeSplits(folders(3), SHARES)), { train: 1, val: 1, test: 1 });
    assert.deepEqual(counts(proposeSplits(folders(8), { seed: 0, train: 0.625, val: 0.125, test: 0.25 })), { train: 5, val: 1, test: 2 });
  });

  it('depends on the seed and not on the order of folders', () => {
    const proposal = proposeSplits(folders(20), SHARES);
    assert.deepEqual(proposeSplits(folders(20).reverse(), SHARES), proposal);
    assert.notDeepEqual(proposeSplits(folders(20), { ...SHARES, seed: 1 }), proposal);
  });

  it('keeps what was decided, drops what is gone, and fills up the rest', () => {
    const kept: Assignments = { 'folder 0': 'test', 'folder 1': { train: ['a'], val: [], test: ['b'] }, gone: 'val' };
    const proposal = proposeSplits(folders(20), SHARES, kept);
    assert.deepEqual([proposal['folder 0'], proposal['folder 1'], 'gone' in proposal], ['test', kept['folder 1'], false]);
    assert.deepEqual(counts(proposal), { train: 16, val: 2, test: 1 });
  });

  it('refuses fewer than three folders, and shares that do not add up', () => {
    const isProblem = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;
    assert.throws(() => proposeSplits(folders(2), SHARES), isProblem('DATASET'));
    assert.throws(() => proposeSplits(folders(9), { ...SHARES, train: 0.9 }), isProblem('CONFIGURATION'));
  });
});

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

  it('is locked to the set as it is, until a photo changes', async () => {
    const before = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual([before.state, before.added, before.gone, before.splits], ['unlocked', [], [], { ...FOLDERS }]);
    await lockSplits(path, before);
    assert.deepEqual(await readSplits(path, 's.json'), { assignments: { ...FOLDERS }, datasetHash: before.datasetHash, findings: [] });
    assert.equal((await proposeForSet({ root, settings: SETTINGS })).state, 'locked');
    assert.deepEqual(await audited(), []);
    await put(root, 'training_files/one/good/a.png', await png(77));
    assert.deepEqual(await audited(), ['splits-locked-to-another-set']);
    const after = await proposeForSet({ root, settings: SETTINGS });
    assert.equal(after.state, 'locked to another set');
    await lockSplits(path, after);
    assert.deepEqual(await audited(), []);
  });

  it('is proposed where there is none, and completed where a folder is new or gone', async () => {
    await rm(path);
    const proposal = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual([proposal.state, counts(proposal.splits)], ['missing', { train: 1, val: 1, test: 1 }]);
    await put(root, SETTINGS.splits.file, JSON.stringify({ one: 'train', two: 'val', lost: 'test' }));
    const completed = await proposeForSet({ root, settings: SETTINGS });
    assert.deepEqual([completed.added, completed.gone], [['three'], ['lost']]);
    assert.deepEqual(completed.splits, { one: 'train', two: 'val', three: 'test' });
  });

  const wrong: readonly (readonly [name: string, text: string, message: RegExp])[] = [
    ['a folder named twice', '{\n"one": "train",\n"one": "val"\n}', /^3:1: .*one/],
    ['a split that is none', '{"one": "training"}', /^1:9: /],
    ['an unknown key beside the splits', '{"version": 1, "splits": {}, "hash": ""}', /hash/],
    ['a list', '["one"]', /^1:1: /],
    ['nothing', '', /empty/],
    ['half of it', '{"one": "tr', /./],
  ];
  for (const [name, text, message] of wrong) {
    it(`is refused with ${name}, with the place, and is not changed by a proposal`, async () => {
      await put(root, SETTINGS.splits.file, text);
      const { assignments, findings } = await readSplits(path, 's.json');
      assert.equal(assignments, null);
      assert.ok(
        findings.some((found) => found.code === 'splits-unreadable' && found.file === 's.json' && message.test(found.message)),
        JSON.stringify(findings),
      );
      await assert.rejects(proposeForSet({ root, settings: SETTINGS }), (error) => error instanceof Problem && error.code === 'DATASET');
      assert.equal(await readFile(path, 'utf8'), text);
      assert.equal((await proposeForSet({ root, settings: SETTINGS, fresh: true })).added.length, 3);
    });
  }

  it('may be indented with tabs, as JSON may', async () => {
    await put(root, SETTINGS.splits.file, JSON.stringify({ version: 1, splits: FOLDERS }, null, '\t'));
    assert.deepEqual((await readSplits(path, 's.json')).findings, []);
  });
});
