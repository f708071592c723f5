import assert from 'node:assert/strict';
import { closePairs } from '../../../ml/images/close-pairs.js';
import { sameHashes } from '../../../ml/images/same-hashes.js';
import { bitCount, MIRRORED } from '../../../ml/images/square-hash.js';
import { Draws } from '../../../ml/random/philox.js';

type Pair = readonly [first: number, second: number, bits: number, mirrored: boolean];

const draws = new Draws('crop', { seed: 3, epoch: 0, index: 0 });
const word = (): number => draws.below(2 ** 32) | 0;
const flipped = ([high, low]: readonly [number, number], bits: number): [number, number] => {
  const words: [number, number] = [high, low];
  for (let bit = 0; bit < bits; bit++) words[draws.below(2) as 0 | 1] ^= 1 << draws.below(32);
  return words;
};

/** Half of them at random, half a few bits from one of `centres` or from its mirrored. */
function madeHashes(count: number, centres: number): Int32Array {
  const made = Array.from({ length: centres }, (): [number, number] => [word(), word()]);
  const hashes = Array.from({ length: count }, (_, number): [number, number] => {
    const [high, low] = made[number % centres] ?? [0, 0];
    if (number % 2 === 0) return [word(), word()];
    return flipped(number % 3 === 0 ? [high ^ MIRRORED, low ^ MIRRORED] : [high, low], draws.below(9));
  });
  return sameHashes(Int32Array.from(hashes.flat())).hashes;
}

function allPairs(hashes: Int32Array, distance: number): Pair[] {
  const at = (place: number): number => hashes[place] ?? 0;
  const pairs: Pair[] = [];
  for (let first = 0; first < hashes.length / 2; first++) {
    for (let second = first + 1; second < hashes.length / 2; second++) {
      for (const mirrored of [false, true]) {
        const flip = mirrored ? MIRRORED : 0;
        const bits = bitCount(at(2 * first) ^ at(2 * second) ^ flip) + bitCount(at(2 * first + 1) ^ at(2 * second + 1) ^ flip);
        if (bits <= distance) pairs.push([first, second, bits, mirrored]);
      }
    }
  }
  return pairs;
}

const sorted = (pairs: readonly Pair[]): string[] => pairs.map((pair) => pair.join(' ')).sort();

describe('closePairs', () => {
  // Large enough that bands are cheaper than all with all; from 12 bits on they are not.
  for (const [count, distances] of [
    [300, [0, 1, 4, 8, 64]],
    [6000, [0, 1, 2, 3, 4, 5, 6, 7, 8, 12]],
  ] as const) {
    // prettier-ignore
    for (const distance of distances) {
      it(`tells each pair of ${count} hashes within ${distance} bits once, as comparing all with all does`, () => {
        const hashes = madeHashes(count, 20);
        const told: Pair[] = [];
        closePairs(hashes, distance, (...pair) => told.push(pair));
        const expected = allPairs(hashes, distance);
        assert.ok(distance === 0 || expected.length > 10, `${expected.length} pairs`);
        assert.deepEqual(sorted(told), sorted(expected));
      });
    }
  }

  it('has nothing to tell of no hashes and of one', () => {
    for (const hashes of [new Int32Array(0), Int32Array.of(1, 2)]) closePairs(hashes, 5, () => assert.fail('told'));
  });
});
