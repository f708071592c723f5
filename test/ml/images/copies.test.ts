import assert from 'node:assert/strict';
import { copyFindings, duplicateClusters } from '../../../ml/images/copies.js';
import type { InspectedSet } from '../../../ml/images/inspected-set.js';
import type { NearDuplicate } from '../../../ml/images/near-duplicates.js';
import { madeSet, type MadePhoto } from './made-set.js';

/** `folder/label/stem:split`, which files sort by. */
function setOf(
  photos: readonly string[],
  edges: readonly (Omit<NearDuplicate, 'distance'> & Partial<Pick<NearDuplicate, 'distance'>>)[],
  pixels: readonly string[] = [],
): InspectedSet {
  const made = photos.map((text, number): MadePhoto => {
    const [, folder = '', label, stem = '', split] = /^(\w+)\/(good|bad)\/(\w+):(\w+)$/.exec(text) ?? [];
    return {
      folder,
      label: label === 'bad' ? 'bad' : 'good',
      stem,
      split: split === 'val' || split === 'test' ? split : 'train',
      pixels: pixels[number] ?? null,
    };
  });
  return { ...madeSet(made), nearDuplicates: edges.map((edge) => ({ distance: 2, ...edge })) };
}
const told = (set: InspectedSet): string[] => copyFindings(set).map(({ code, file, message }) => `${code} ${file} ${message}`);

describe('copies in a set', () => {
  it('are errors in two splits, and say whether they are the picture, its mirror image or a part of it', () => {
    const photos = ['a/good/x:train', 'b/good/x:test', 'c/good/x:val'];
    assert.deepEqual(told(setOf(photos, [{ a: 0, b: 1, kind: 'mirrored' }])), [
      'near-copy-in-two-splits a/good/x is in train and looks like the mirror image of "b/good/x" in test',
      'near-copy-in-two-splits b/good/x is in test and looks like the mirror image of "a/good/x" in train',
    ]);
    assert.deepEqual(told(setOf(photos, [{ a: 1, b: 2, kind: 'region' }])), [
      'shared-part-in-two-splits b/good/x is in test and shows a part of the same picture as "c/good/x" in val',
      'shared-part-in-two-splits c/good/x is in val and shows a part of the same picture as "b/good/x" in test',
    ]);
  });

  it('are told for their worst: two splits before two folders, a whole before a part', () => {
    const photos = ['a/good/x:train', 'b/good/x:train', 'c/good/x:val'];
    const edges = [
      { a: 0, b: 1, kind: 'whole' },
      { a: 0, b: 2, kind: 'region' },
    ] as const;
    assert.deepEqual(told(setOf(photos, edges)), [
      'shared-part-in-two-splits a/good/x is in train and shows a part of the same picture as "c/good/x" in val',
      'near-copy-in-two-folders b/good/x looks like "a/good/x"',
      'shared-part-in-two-splits c/good/x is in val and shows a part of the same picture as "a/good/x" in train',
    ]);
  });

  it('that are alike to the last bit are each told, though each is paired with the first of them alone', () => {
    const photos = ['a/good/x:train', 'a/good/y:train', 'b/good/x:test'];
    const edges = [
      { a: 0, b: 1, distance: 0, kind: 'whole' },
      { a: 0, b: 2, distance: 0, kind: 'whole' },
    ] as const;
    assert.deepEqual(
      copyFindings(setOf(photos, edges)).map(({ code, file }) => `${code} ${file}`),
      ['near-copy-in-two-splits a/good/x', 'near-copy-in-two-splits a/good/y', 'near-copy-in-two-splits b/good/x'],
    );
  });

  it('of good and bad in one folder are as they should be, unless they are the same pixels', () => {
    const photos = ['a/bad/x:train', 'a/good/x:train'];
    const edges = [{ a: 0, b: 1, kind: 'whole' }] as const;
    assert.deepEqual(told(setOf(photos, edges)), []);
    assert.deepEqual(told(setOf(photos, edges, ['p', 'p'])), [
      'good-equals-bad a/bad/x has the same pixels as "a/good/x"',
      'good-equals-bad a/good/x has the same pixels as "a/bad/x"',
    ]);
  });

  it('of the same bytes are told once each: as an error in two splits, else that they count twice', () => {
    const set = setOf(['a/good/x:train', 'a/good/y:train', 'b/good/z:train', 'c/good/x:test'], []);
    const alike = (places: readonly number[]): InspectedSet => ({
      ...set,
      photos: set.photos.map((photo, place) => (places.includes(place) ? { ...photo, sha256: 'same' } : photo)),
    });
    assert.deepEqual(told(alike([0, 1])), ['same-photo-twice a/good/y has the same bytes as "a/good/x"']);
    assert.deepEqual(told(alike([0, 2])), [
      'same-photo-twice a/good/x has the same bytes as "b/good/z"',
      'same-photo-twice b/good/z has the same bytes as "a/good/x"',
    ]);
    assert.deepEqual(told(alike([1, 3])), [
      'same-photo-in-two-splits a/good/y is in train and has the same bytes as "c/good/x" in test',
      'same-photo-in-two-splits c/good/x is in test and has the same bytes as "a/good/y" in train',
    ]);
  });

  it('of a hundred thousand photos with one content are told, where comparing each with each would take hours', () => {
    const photos = Array.from({ length: 100_000 }, (_, number) => `f${number % 3}/good/x${number}:train`);
    const set = setOf(photos, []);
    const found = copyFindings({ ...set, photos: set.photos.map((photo) => ({ ...photo, sha256: 'same' })) });
    assert.equal(found.length, 100_000);
  });

  it('are in a cluster of the report where they reach beyond the two sides of one pair', () => {
    const photos = ['a/bad/x:train', 'a/good/x:train', 'a/good/y:train', 'b/bad/x:train', 'b/good/x:train', 'c/good/x:train'];
    const edges = [
      { a: 0, b: 1, kind: 'whole' },
      { a: 1, b: 2, kind: 'region' },
      { a: 3, b: 4, kind: 'whole' },
    ] as const;
    assert.deepEqual(duplicateClusters(setOf(photos, edges)), [['a/bad/x', 'a/good/x', 'a/good/y']]);
    assert.deepEqual(duplicateClusters(setOf(photos, [...edges, { a: 4, b: 5, kind: 'mirrored' }])), [
      ['a/bad/x', 'a/good/x', 'a/good/y'],
      ['b/bad/x', 'b/good/x', 'c/good/x'],
    ]);
  });
});
