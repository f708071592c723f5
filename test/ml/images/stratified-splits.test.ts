import assert from 'node:assert/strict';
import { Problem } from '../../../configs/problem.js';
import type { Split } from '../../../configs/schema/photos.js';
import type { Assignments } from '../../../configs/schema/splits.js';
import { oversizedGroups, proposeSplits, type FolderSize } from '../../../ml/images/stratified-splits.js';
import { Draws } from '../../../ml/random/philox.js';

const SHARES = { seed: 0, train: 0.8, val: 0.1, test: 0.1 };
const SPLITS = ['train', 'val', 'test'] as const;
const named = (name: string, count: number, pairs: number): FolderSize[] =>
  Array.from({ length: count }, (_, number) => ({ folder: `${name} ${number}`, pairs }));
const alike = (count: number, pairs = 24): FolderSize[] => named('folder', count, pairs);
const counts = (splits: Assignments): Record<string, number> => {
  const values = Object.values(splits);
  return Object.fromEntries(SPLITS.map((split) => [split, values.filter((value) => value === split).length]));
};
const pairsIn = (splits: Assignments, sizes: readonly FolderSize[], split: Split): number =>
  sizes.reduce((sum, { folder, pairs }) => sum + (splits[folder] === split ? pairs : 0), 0);
/** From 1 to 1,000 pairs, most of them small. */
const mixed = (count: number, seed: number): FolderSize[] => {
  const draws = new Draws('splits', { seed, epoch: 1, index: 0 });
  return Array.from({ length: count }, (_, number) => ({ folder: `folder ${number}`, pairs: Math.floor(1000 ** draws.uniform()) }));
};
const isProblem = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof Problem && error.code === code && message.test(error.message);

describe('proposeSplits', () => {
  it('fills the shares, and each split with at least one folder', () => {
    assert.deepEqual(counts(proposeSplits(alike(100), SHARES)), { train: 80, val: 10, test: 10 });
    assert.deepEqual(counts(proposeSplits(alike(3), SHARES)), { train: 1, val: 1, test: 1 });
    assert.deepEqual(counts(proposeSplits(alike(8), { seed: 0, train: 0.625, val: 0.125, test: 0.25 })), { train: 5, val: 1, test: 2 });
    for (const pairs of [0, 1, 7]) assert.deepEqual(counts(proposeSplits(alike(10, pairs), SHARES)), { train: 8, val: 1, test: 1 });
  });

  // Written by the release before stratification: a set of folders of one size gets the splits that it got.
  it('deals folders of one size as it always did', () => {
    const names = ['airplane', 'allium', 'astronaut', 'chelsea', 'coffee', 'hubble', 'motorcycle', 'rocket'];
    const proposed = proposeSplits(
      names.map((folder) => ({ folder, pairs: 24 })),
      { seed: 0, train: 0.625, val: 0.125, test: 0.25 },
    );
    assert.deepEqual(proposed, {
      airplane: 'train',
      allium: 'test',
      astronaut: 'train',
      chelsea: 'train',
      coffee: 'train',
      hubble: 'test',
      motorcycle: 'val',
      rocket: 'train',
    });
  });

  it('depends on the seed and not on the order of folders', () => {
    const sizes = mixed(60, 1);
    const proposal = proposeSplits(sizes, SHARES);
    assert.deepEqual(proposeSplits(sizes.toReversed(), SHARES), proposal);
    assert.notDeepEqual(proposeSplits(sizes, { ...SHARES, seed: 1 }), proposal);
  });

  it("brings each split's share of the pairs within a hundredth of what is wanted, whatever the sizes", () => {
    for (let seed = 0; seed < 50; seed++) {
      const sizes = mixed(200, seed);
      const total = sizes.reduce((sum, { pairs }) => sum + pairs, 0);
      const splits = proposeSplits(sizes, { ...SHARES, seed });
      for (const split of SPLITS) {
        const share = pairsIn(splits, sizes, split) / total;
        assert.ok(Math.abs(share - SHARES[split]) < 0.01, `seed ${seed}: ${split} has ${share}`);
      }
    }
  });

  it('gives each split large folders and small ones', () => {
    const sizes = [
      ...alike(40, 60),
      ...mixed(0, 0),
      ...Array.from({ length: 40 }, (_, number) => ({ folder: `small ${number}`, pairs: 3 })),
    ];
    for (let seed = 0; seed < 20; seed++) {
      const splits = proposeSplits(sizes, { ...SHARES, seed });
      for (const split of ['val', 'test'] as const) {
        const own = sizes.filter(({ folder }) => splits[folder] === split);
        assert.deepEqual([own.filter(({ pairs }) => pairs === 60).length, own.filter(({ pairs }) => pairs === 3).length], [4, 4]);
      }
    }
  });

  it('gives every folder each split over many seeds', () => {
    const sizes = [...alike(20, 60), ...named('small', 20, 3)];
    const seen = new Map<string, Set<unknown>>();
    for (let seed = 0; seed < 400; seed++)
      for (const [folder, split] of Object.entries(proposeSplits(sizes, { ...SHARES, train: 0.5, val: 0.25, test: 0.25, seed })))
        seen.set(folder, (seen.get(folder) ?? new Set()).add(split));
    assert.deepEqual(
      [...seen].filter(([, splits]) => splits.size < 3),
      [],
    );
  });

  it('keeps what belongs together in one split, also through others, and still meets the shares', () => {
    const sizes = alike(100);
    const together = [
      ['folder 1', 'folder 2'],
      ['folder 2', 'folder 3', 'nowhere'],
      ['folder 50', 'folder 60', 'folder 70'],
    ];
    for (let seed = 0; seed < 30; seed++) {
      const splits = proposeSplits(sizes, { ...SHARES, seed }, { together });
      for (const group of [
        ['folder 1', 'folder 2', 'folder 3'],
        ['folder 50', 'folder 60', 'folder 70'],
      ])
        assert.equal(new Set(group.map((folder) => splits[folder])).size, 1);
      const { train = 0, val = 0, test = 0 } = counts(splits);
      assert.ok(Math.abs(train - 80) <= 2 && Math.abs(val - 10) <= 2 && Math.abs(test - 10) <= 2, `seed ${seed}: ${train} ${val} ${test}`);
    }
  });

  it('keeps what was decided, drops what is gone, and fills up the rest', () => {
    const kept: Assignments = { 'folder 0': 'test', 'folder 1': { train: ['a', 'c', 'd'], val: [], test: ['b'] }, gone: 'val' };
    const proposal = proposeSplits(alike(20), SHARES, { kept });
    assert.deepEqual([proposal['folder 0'], proposal['folder 1'], 'gone' in proposal], ['test', kept['folder 1'], false]);
    assert.deepEqual(counts(proposal), { train: 15, val: 2, test: 2 });
  });

  it('puts a new folder where one stands that it shares photos with', () => {
    for (const split of SPLITS) {
      const proposal = proposeSplits(alike(20), SHARES, { kept: { 'folder 7': split }, together: [['folder 3', 'folder 7']] });
      assert.deepEqual([proposal['folder 3'], proposal['folder 7']], [split, split]);
    }
  });

  it('refuses fewer than three folders, or groups of them, and shares that do not add up', () => {
    assert.throws(() => proposeSplits(alike(2), SHARES), isProblem('DATASET', /at least 3 folders, this set has 2/));
    const together = [
      ['folder 0', 'folder 1'],
      ['folder 2', 'folder 1'],
    ];
    assert.throws(
      () => proposeSplits(alike(4), SHARES, { together }),
      isProblem('DATASET', /leaves 2 of 4 for three splits: "folder 0" \+ "folder 1" \+ "folder 2"; "folder 3"/),
    );
    assert.throws(() => proposeSplits(alike(9), { ...SHARES, train: 0.9 }), isProblem('CONFIGURATION', /add up to 1\.1/));
  });
});

describe('oversizedGroups', () => {
  it('names what holds more pairs than any split may have', () => {
    const together = [alike(9).map(({ folder }) => folder)];
    assert.deepEqual(oversizedGroups(alike(10), SHARES, together), [{ folders: together[0], pairs: 216, share: 0.9 }]);
    assert.deepEqual(oversizedGroups(alike(10), SHARES), []);
    const large = [...alike(3, 1), { folder: 'large', pairs: 97 }];
    assert.deepEqual(oversizedGroups(large, SHARES), [{ folders: ['large'], pairs: 97, share: 0.97 }]);
  });
});
