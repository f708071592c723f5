import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditReport } from '../../../configs/schema/audit.js';
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import { auditPhotos } from '../../../ml/images/audit.js';
import { reportMarkdown } from '../../../ml/images/report/markdown.js';
import { intervalWidth } from '../../../ml/images/sizes.js';
import { FOLDERS, png, put, SETTINGS, soundProject } from './photo-set.js';

describe('the sizes of splits and folders', () => {
  let root: string;
  beforeEach(async () => void (root = await soundProject()));
  afterEach(() => rm(root, { recursive: true }));
  const audited = async (settings: DatasetSettings = SETTINGS): Promise<AuditReport> => (await auditPhotos({ root, settings })).report;
  const found = ({ findings }: AuditReport): string[] =>
    findings.map(({ code, severity, file, message }) => `${severity} ${code} ${file} ${message}`);
  const withPairs = (pairs: Partial<DatasetSettings['pairs']>): DatasetSettings => ({
    ...SETTINGS,
    pairs: { ...SETTINGS.pairs, ...pairs },
  });

  it('count what an epoch draws, by limit and weight', async () => {
    const { splits, folderPairs, pairs } = await audited(withPairs({ pairing: 'cross', limit: 3, weights: { one: 1.5 } }));
    assert.deepEqual(folderPairs, [
      { folder: 'one', split: 'train', pairs: 4, weight: 1.5, perEpoch: 5 },
      { folder: 'two', split: 'val', pairs: 4, weight: 1, perEpoch: 3 },
      { folder: 'three', split: 'test', pairs: 4, weight: 1, perEpoch: 3 },
    ]);
    assert.deepEqual(splits.train, { folders: 1, photos: 4, pairs: 5, interval: intervalWidth(5) });
    assert.deepEqual(pairs, { train: 5, val: 3, test: 3 });
  });

  it('are told of a set that is not sound too, and of a folder in three splits', async () => {
    await put(root, 'training_files/one/good/a.png', 'words');
    await put(root, 'docs/splits.json', JSON.stringify({ ...FOLDERS, two: { train: ['a'], val: ['b'], test: [] } }));
    const { splits, folderPairs, pairs } = await audited();
    assert.equal(pairs, null);
    assert.deepEqual(
      folderPairs.map(({ folder, split, perEpoch }) => `${split} ${folder} ${perEpoch}`),
      ['train one 2', 'train two 1', 'val two 1', 'test three 2'],
    );
    assert.deepEqual([splits.train.folders, splits.train.photos, splits.train.pairs], [2, 6, 3]);
  });

  it('are too small where the interval of val or test is wider than the setting', async () => {
    const settings = (widestInterval: number): DatasetSettings => ({ ...SETTINGS, splits: { ...SETTINGS.splits, widestInterval } });
    const words = 'an accuracy of 0.8 would have a 95 % interval 0.76 wide, splits.widestInterval is 0.4';
    assert.deepEqual(found(await audited(settings(0.4))), [
      `warning split-too-small docs/splits.json gives the split val 2 pairs: ${words}`,
      `warning split-too-small docs/splits.json gives the split test 2 pairs: ${words}`,
    ]);
    assert.deepEqual(found(await audited(settings(intervalWidth(2) ?? 0))), []);
  });

  it('are empty where a split has photos and no pair', async () => {
    const lists = { one: { train: ['a'], val: [], test: ['b'] } };
    await put(root, 'docs/splits.json', JSON.stringify({ ...FOLDERS, ...lists }));
    for (const file of ['good/a.png', 'bad/b.png']) await rm(join(root, 'training_files/one', file));
    assert.deepEqual(found(await audited(withPairs({ pairing: 'cross' }))), [
      'error split-empty docs/splits.json leaves the split train without a pair of a good and a bad photo of one folder',
    ]);
  });

  it('are not changed by a weight of what is not there or not trained on, which is told', async () => {
    assert.deepEqual(found(await audited(withPairs({ weights: { one: 2, two: 2, thre: 2, 'four\nfive': 2 } }))), [
      'warning weight-without-effect . pairs.weights names the folder "two", none of whose photos is in train',
      'warning weight-without-effect . pairs.weights names the folder "thre", which is not in the set; did you mean "three"?',
      'warning weight-without-effect . pairs.weights names the folder "four\nfive", which is not in the set',
    ]);
  });

  it('stand in the report for people, of the first 50 folders', async () => {
    const odd = 'a | b';
    await put(root, `training_files/${odd}/good/a.png`, await png(70));
    await put(root, `training_files/${odd}/bad/a.png`, await png(71));
    await put(root, 'docs/splits.json', JSON.stringify({ ...FOLDERS, [odd]: 'train' }));
    const report = await audited(withPairs({ weights: { one: 2 } }));
    const text = reportMarkdown(report);
    for (const row of ['| train | 2 | 6 | 5 | 0.59 |', '| one | train | 2 | 2 | 4 |', '| a \\| b | train | 1 | 1 | 1 |'])
      assert.ok(text.split('\n').includes(row), `${row}\n${text}`);
    const [row] = report.folderPairs;
    assert.ok(row);
    const many = reportMarkdown({ ...report, folderPairs: Array.from({ length: 53 }, () => row) });
    assert.equal(many.split('\n').filter((line) => line === '| a \\| b | train | 1 | 1 | 1 |').length, 50);
    assert.match(many, /And 3 more rows: audit\.json has them all\./);
  });
});

describe('intervalWidth', () => {
  // statsmodels 0.15.0: proportion_confint(0.8 * n, n, method="wilson"), upper less lower.
  const widths: readonly (readonly [pairs: number, width: number])[] = [
    [1, 0.8570014442135157],
    [10, 0.4531553770089829],
    [64, 0.19337440513280546],
    [1000, 0.049541874204936054],
  ];
  for (const [pairs, width] of widths) {
    it(`is that of statsmodels for ${pairs} pairs`, () => assert.ok(Math.abs((intervalWidth(pairs) ?? NaN) - width) < 1e-12));
  }

  it('is none without pairs', () => assert.equal(intervalWidth(0), null));
});
