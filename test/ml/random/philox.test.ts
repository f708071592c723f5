import assert from 'node:assert/strict';
import { Draws, philox4x32 } from '../../../ml/random/philox.js';

/** Known answers of the authors' library Random123 1.14 (tests/kat_vectors, philox4x32 10). */
const KNOWN = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const;

describe('philox4x32', () => {
  for (const { counter, key, words } of KNOWN) {
    it(`gives the authors' answer for counter ${counter.map((word) => word.toString(16)).join(' ')}`, () => {
      const out = new Uint32Array(4);
      philox4x32(Uint32Array.from(counter), key[0], key[1], out);
      assert.deepEqual([...out], [...words]);
    });
  }
});

describe('Draws', () => {
  const place = { seed: 7, epoch: 3, index: 11 };
  const take = (draws: Draws, count: number): number[] => Array.from({ length: count }, () => draws.uniform());

  it('repeats itself at the same place and differs at every other', () => {
    const first = take(new Draws('augment', place), 5);
    assert.deepEqual(take(new Draws('augment', place), 5), first);
    const others = [
      new Draws('shuffle', place),
      new Draws('augment', { ...place, seed: 8 }),
      new Draws('augment', { ...place, seed: 7 + 2 ** 32 }),
      new Draws('augment', { ...place, epoch: 4 }),
      new Draws('augment', { ...place, index: 12 }),
    ];
    for (const other of others) assert.notDeepEqual(take(other, 5), first);
  });

  it('is uniform on [0, 1): mean and spread of 20,000 numbers', () => {
    const numbers = take(new Draws('augment', place), 20_000);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / numbers.length;
    assert.ok(Math.abs(mean - 0.5) < 0.008, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1 / 12) < 0.002, `variance ${variance}`);
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
  });

  it('shuffles into a permutation and leaves its input alone', () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const order = new Draws('shuffle', place).shuffled(items);
    assert.deepEqual(
      items,
      [...items].sort((a, b) => a - b),
    );
    assert.notDeepEqual(order, items);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      items,
    );
  });
});
