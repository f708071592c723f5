import assert from 'node:assert/strict';
import type { TrivialRule } from '../../../configs/schema/audit.js';
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import { balanceFindings, tellTales } from '../../../ml/images/balance.js';
import { trivialRules } from '../../../ml/images/trivial-rules.js';
import { madeSet, type MadePhoto } from './made-set.js';
import { SETTINGS } from './photo-set.js';

const BALANCE = { ruleAccuracy: 0.75, largestFolder: 0.5, labelRatio: 4 };
const settings: DatasetSettings = { ...SETTINGS, balance: BALANCE };
const crossed: DatasetSettings = { ...settings, pairs: { ...settings.pairs, pairing: 'cross' } };

const photos = (folder: string, good: number, bad: number, more: Partial<MadePhoto> = {}): MadePhoto[] => [
  ...Array.from({ length: good }, (_, number) => ({ folder, label: 'good' as const, stem: String(number), ...more })),
  ...Array.from({ length: bad }, (_, number) => ({ folder, label: 'bad' as const, stem: String(number), ...more })),
];
const told = (made: readonly MadePhoto[], set = settings): string[] =>
  balanceFindings(madeSet(made, set)).map(({ code, file, message }) => `${code} ${file} ${message}`);

describe('tellTales', () => {
  const right = (pairs: number): TrivialRule[] =>
    trivialRules(madeSet(photos('one', pairs, pairs).map((photo) => ({ ...photo, bytes: photo.label === 'good' ? 2_000 : 1_000 })))).filter(
      ({ by }) => by === 'bytes',
    );

  it('names a rule that is right above the limit, with how often and how sure', () => {
    const [found] = tellTales(right(100), BALANCE);
    assert.deepEqual(
      [found?.code, found?.severity, found?.file, found?.message],
      [
        'tell-tale',
        'warning',
        '.',
        '"the file with more bytes is the good one" is right for 100 % of 100 pairs (95 % interval 96 % to 100 %)',
      ],
    );
  });

  it('names none whose interval reaches below the limit: eleven pairs of eleven are chance, twelve are not', () => {
    assert.deepEqual(tellTales(right(11), BALANCE), []);
    assert.equal(tellTales(right(12), BALANCE).length, 1);
  });

  it('names none with a limit of 1', () => assert.deepEqual(tellTales(right(5_000), { ...BALANCE, ruleAccuracy: 1 }), []));
});

describe('balanceFindings', () => {
  it('names a folder with more good photos to a bad one than the limit, or the other way round, in both pairings', () => {
    for (const set of [settings, crossed]) {
      assert.deepEqual(told(photos('one', 9, 2), set), ['unbalanced one has 9 good and 2 bad photos, more than 4 to 1']);
      assert.deepEqual(told(photos('one', 2, 9), set), ['unbalanced one has 2 good and 9 bad photos, more than 4 to 1']);
      assert.deepEqual(told(photos('one', 8, 2), set), []);
      assert.deepEqual(told(photos('one', 8, 0), set), []);
    }
  });

  it('names the folder with more of the training pairs than its share', () => {
    const heavy = [...photos('one', 5, 5), ...photos('two', 2, 2), ...photos('three', 2, 2)];
    assert.deepEqual(told(heavy), ['unbalanced one has 5 of the 9 training pairs of an epoch, more than 50 %']);
    assert.deepEqual(told([...photos('one', 4, 4), ...photos('two', 2, 2), ...photos('three', 2, 2)]), []);
  });

  it('lets one of two folders have more than half, and not nearly all', () => {
    assert.deepEqual(told([...photos('one', 5, 5), ...photos('two', 4, 4)]), []);
    const heavy = [...photos('one', 8, 8), ...photos('two', 2, 2)];
    assert.deepEqual(told(heavy), ['unbalanced one has 8 of the 10 training pairs of an epoch, more than 75 %']);
  });

  it('counts training photos only, and no folder that is alone', () => {
    assert.deepEqual(told(photos('one', 5, 5)), []);
    assert.deepEqual(told([...photos('one', 5, 5), ...photos('two', 2, 2, { split: 'test' })]), []);
  });

  it('counts crossed pairs up to the limit of a folder', () => {
    const made = [...photos('one', 9, 9), ...photos('two', 4, 4), ...photos('three', 4, 4)];
    assert.deepEqual(told(made, crossed), ['unbalanced one has 64 of the 96 training pairs of an epoch, more than 50 %']);
    assert.deepEqual(told(made, { ...crossed, pairs: { ...crossed.pairs, limit: 16 } }), []);
  });
});
