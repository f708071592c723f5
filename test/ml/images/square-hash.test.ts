import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GreySums } from '../../../ml/images/grey-sums.js';
import { bitCount, MIRRORED, writeSquareHash } from '../../../ml/images/square-hash.js';
import { Draws } from '../../../ml/random/philox.js';

interface Golden {
  readonly cases: readonly {
    readonly side: number;
    readonly pixels: string;
    readonly square: readonly [number, number, number];
    readonly hash: string;
  }[];
}

function hashOf(pixels: Uint8Array, side: number, [left, top, square]: readonly [number, number, number] = [0, 0, side]): [number, number] {
  const words = new Int32Array(2);
  writeSquareHash(new GreySums(pixels, side), left, top, square, words, 0);
  return [words[0] ?? 0, words[1] ?? 0];
}

const hex = (words: readonly number[]): string => words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');

describe('writeSquareHash', () => {
  const golden = JSON.parse(readFileSync(join('test', 'ml', 'images', 'golden', 'square-hash.json'), 'utf8')) as Golden;
  golden.cases.forEach(({ side, pixels, square, hash }) => {
    it(`has the signs that SciPy's DCT has, square ${square.join(' ')} of ${side}`, () => {
      assert.equal(hex(hashOf(Buffer.from(pixels, 'base64'), side, square)), hash);
    });
  });

  it('differs by the odd horizontal frequencies for the mirrored picture', () => {
    const draws = new Draws('crop', { seed: 4, epoch: 0, index: 0 });
    const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, () => draws.below(256));
    const mirrored = pixels.map((_, at) => {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      return pixels[(pixel - (pixel % 64) + 63 - (pixel % 64)) * 3 + channel] ?? 0;
    });
    assert.deepEqual(
      hashOf(mirrored, 64),
      hashOf(pixels, 64).map((word) => word ^ MIRRORED),
    );
  });
});

describe('bitCount', () => {
  it('counts the bits of a word', () => {
    for (const word of [0, 1, -1, 0x80000000, 0x55555555, 12345]) {
      assert.equal(bitCount(word), [...(word >>> 0).toString(2)].filter((bit) => bit === '1').length);
    }
  });
});
