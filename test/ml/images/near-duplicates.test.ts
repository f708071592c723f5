import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { madeHashes } from '../../../bench/data/made-hashes.js';
import { clusters } from '../../../ml/images/clusters.js';
import { nearDuplicates, type NearDuplicate } from '../../../ml/images/near-duplicates.js';
import { bitCount, MIRRORED } from '../../../ml/images/square-hash.js';
import { Draws } from '../../../ml/random/philox.js';
import { madePhoto } from './made-photo.js';
import { COPIES, copyOf } from './recall/copies.js';
import { hashesOf, piecesOf, recallOf, wrongPairs } from './recall/recall.js';

/** A folder with `photos/`, 120 that show different things; too large for the project. */
const PHOTOS = join(resolve(process.env['EMO_AEN_SHARED'] ?? '../shared'), 'photos');
/** As configs/dataset.yaml has it. */
const DISTANCE = 4;

/** What must be found of copies at the least, in percent; measured on photos and on made pictures, less a little (docs/near-duplicates.md). */
const LEAST: readonly (readonly [kind: string, amount: string, percent: number])[] = [
  ['JPEG quality', '30', 100],
  ['scaled by', '0.3', 97],
  ['scaled by', '2', 97],
  ['cropped in the middle, sides', '0.8', 90],
  ['cropped anywhere, sides', '0.9', 94],
  ['cropped anywhere, sides', '0.7', 75],
  ['one side cropped to', '0.75', 85],
  ['turned by degrees, filled black', '2', 80],
  ['brightness', '1.15', 90],
  ['mirrored', 'whole', 97],
];

async function isFound(photos: readonly Buffer[]): Promise<void> {
  const hashes = await Promise.all(photos.map(hashesOf));
  for (const [kind, amount, percent] of LEAST) {
    const copy = COPIES[kind]?.[amount];
    assert.ok(copy, `${kind} ${amount}`);
    const [recall] = await recallOf(photos, hashes, copy, [DISTANCE]);
    assert.ok(recall);
    assert.ok(recall.found >= Math.floor((percent / 100) * photos.length), `${kind} ${amount}: ${recall.found} of ${photos.length}`);
    assert.equal(recall.wrong, 0, `${kind} ${amount}`);
  }
}

describe('nearDuplicates', () => {
  describe('of made pictures', () => {
    let photos: Buffer[];
    before(async () => {
      photos = await Promise.all(Array.from({ length: 30 }, (_, number) => madePhoto(number)));
    });

    it('finds their copies and nothing else', () => isFound(photos));

    it('finds nothing among different pictures', async () => {
      assert.equal(wrongPairs(await Promise.all(photos.map(hashesOf)), 1, DISTANCE), 0);
    });

    it('says of what kind a copy is', async () => {
      const [photo] = photos;
      assert.ok(photo);
      for (const [kind, amount, expected] of [
        ['JPEG quality', '60', 'whole'],
        ['cropped in the middle, sides', '0.7', 'region'],
        ['mirrored', 'whole', 'mirrored'],
      ] as const) {
        const copy = COPIES[kind]?.[amount];
        assert.ok(copy);
        const edges = nearDuplicates([null, await hashesOf(photo), await hashesOf(await copyOf(photo, copy, 0))], DISTANCE);
        assert.deepEqual(
          edges.map(({ a, b, kind: told }) => [a, b, told]),
          [[1, 2, expected]],
        );
      }
    });
  });

  describe('of photos', () => {
    let photos: Buffer[];
    before(async function () {
      if (!existsSync(PHOTOS)) {
        process.stderr.write(`    SKIPPED: no ${PHOTOS}; set EMO_AEN_SHARED to the folder that has weights/ and photos/\n`);
        this.skip();
      }
      const names = (await readdir(PHOTOS)).filter((name) => name.endsWith('.png')).sort();
      photos = await Promise.all(names.map((name) => readFile(join(PHOTOS, name))));
    });

    it('finds their copies and nothing else', () => isFound(photos.slice(0, 30)));

    it('finds nothing among 120 photos and 480 quarters of them', async () => {
      assert.equal(photos.length, 120);
      for (const parts of [1, 2]) assert.equal(wrongPairs(await piecesOf(photos, parts), parts ** 2, DISTANCE), 0);
    });
  });

  describe('of hashes', () => {
    const draws = new Draws('crop', { seed: 8, epoch: 0, index: 0 });
    const word = (): number => draws.below(2 ** 32) | 0;
    /** Hashes without landmarks. */
    const textOf = (words: readonly number[]): string => Buffer.from(new Uint32Array(words).buffer).swap32().toString('base64');
    const flipped = ([high = 0, low = 0]: readonly number[], bits: number): [number, number] => {
      const copy: [number, number] = [high, low];
      for (let bit = 0; bit < bits; bit++) copy[draws.below(2) as 0 | 1] ^= 1 << draws.below(31);
      return copy;
    };

    for (const distance of [0, 1, 4, 7, 12]) {
      it(`pairs just those wholes that comparing all with all pairs within ${distance} bits`, () => {
        const originals = Array.from({ length: 400 }, () => [word() & 0x7fffffff, word()]);
        const copies = originals.map((words, number) =>
          flipped(number % 2 === 0 ? words : words.map((half) => half ^ MIRRORED), number % 10),
        );
        const all = [...new Map([...originals, ...copies].map((words) => [textOf(words), words])).values()];
        const expected: NearDuplicate[] = [];
        all.forEach((one, a) => {
          all.slice(a + 1).forEach((other, after) => {
            const bits = (flip: number): number => one.reduce((sum, half, place) => sum + bitCount(half ^ (other[place] ?? 0) ^ flip), 0);
            const b = a + 1 + after;
            if (bits(0) <= distance) expected.push({ a, b, distance: bits(0), kind: 'whole' });
            else if (bits(MIRRORED) <= distance) expected.push({ a, b, distance: bits(MIRRORED), kind: 'mirrored' });
          });
        });
        assert.ok(expected.length >= 40 - 40 * Number(distance === 0));
        assert.deepEqual(nearDuplicates(all.map(textOf), distance), expected);
      });
    }

    it('pairs 10,000 of the same hash with the first of them', () => {
      const text = textOf([1, 2]);
      const edges = nearDuplicates([null, ...Array.from({ length: 10_000 }, () => text)], DISTANCE);
      assert.equal(edges.length, 9_999);
      assert.ok(edges.every(({ a, distance, kind }) => a === 1 && distance === 0 && kind === 'whole'));
    });

    it('brings 10,000 copies that all differ into one cluster with few edges, soon', function () {
      this.timeout(30_000);
      const original = Buffer.from(madeHashes(1)[0] ?? '', 'base64');
      const texts = Array.from({ length: 10_000 }, () => {
        const bytes = Buffer.from(original);
        for (let at = 0; at < bytes.length; at += at === 0 ? 8 : 11) {
          const [high, low] = flipped([bytes.readInt32BE(at), bytes.readInt32BE(at + 4)], draws.below(4));
          bytes.writeInt32BE(high | 0, at);
          bytes.writeInt32BE(low | 0, at + 4);
        }
        return bytes.toString('base64');
      });
      const edges = nearDuplicates(texts, DISTANCE);
      assert.ok(edges.length <= 17 * 10_000, `${edges.length}`);
      assert.deepEqual(
        clusters(edges, texts.length).map(({ length }) => length),
        [10_000],
      );
    });

    it('finds the clusters of 100,000 photos and no others within 20 s of one core', function () {
      this.timeout(120_000);
      const texts = madeHashes(100_000);
      const begun = process.cpuUsage();
      const found = clusters(nearDuplicates(texts, DISTANCE), texts.length);
      const { user, system } = process.cpuUsage(begun);
      assert.ok(user + system < 20e6, `${(user + system) / 1e6} s`);
      assert.equal(found.length, 1_000);
      assert.ok(found.every((cluster, number) => cluster.length === 10 && cluster[0] === 90_000 + 10 * number));
    });
  });
});
