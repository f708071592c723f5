import assert from 'node:assert/strict';
import sharp from 'sharp';
import { readSquare } from '../../../ml/images/decode.js';
import { hashDistance, nearCopies, photoHash, type PhotoHash } from '../../../ml/images/hash.js';
import { Draws } from '../../../ml/random/philox.js';
import { picture, png } from './photo-set.js';

async function hashOf(bytes: Buffer): Promise<PhotoHash> {
  const hash = photoHash(await readSquare(bytes, { size: 256, maxPixels: 1e8, where: '' }), 256);
  assert.ok(hash);
  return hash;
}

describe('photoHash', () => {
  it('hardly changes when a photo is scaled or re-encoded, and is far from that of another photo', async () => {
    const original = await png(1, 500, 400);
    const hash = await hashOf(original);
    for (const copy of [sharp(original).resize(300), sharp(original).jpeg({ quality: 40 }), sharp(original).webp({ quality: 50 })]) {
      assert.ok(hashDistance(hash, await hashOf(await copy.toBuffer())) <= 4);
    }
    for (let other = 2; other < 12; other++) assert.ok(hashDistance(hash, await hashOf(await png(other, 500, 400))) > 8, `${other}`);
  });

  it('sees a mirrored photo as another', async () => {
    assert.ok(hashDistance(await hashOf(await png(1)), await hashOf(await (await picture(1)).flop().png().toBuffer())) > 8);
  });

  it('is none for a nearly uniform picture, which looks like every other', () => {
    assert.equal(photoHash(new Uint8Array(256 * 256 * 3).fill(77), 256), null);
  });

  it('has as many bits set as not, the median being the threshold', () => {
    const draws = new Draws('crop', { seed: 1, epoch: 0, index: 0 });
    const hash = photoHash(
      Uint8Array.from({ length: 64 * 64 * 3 }, () => draws.below(256)),
      64,
    );
    assert.ok(hash);
    assert.equal(hashDistance(hash, { high: 0, low: 0 }), 32);
  });
});

describe('hashDistance', () => {
  it('counts the bits that differ', () => {
    assert.equal(hashDistance({ high: 0, low: 0 }, { high: 0xffffffff, low: 0xffffffff }), 64);
    assert.equal(hashDistance({ high: 0x80000001, low: 5 }, { high: 0x00000001, low: 6 }), 3);
  });
});

describe('nearCopies', () => {
  const draws = new Draws('crop', { seed: 3, epoch: 0, index: 0 });
  const word = (): number => draws.below(2 ** 32);
  const flipped = ({ high, low }: PhotoHash, bits: number): PhotoHash => {
    const places = draws.shuffled(Array.from({ length: 64 }, (_, bit) => bit)).slice(0, bits);
    const mask = (first: number): number =>
      places.filter((bit) => bit >= first && bit < first + 32).reduce((all, bit) => all | (1 << (bit - first)), 0);
    return { high: (high ^ mask(0)) >>> 0, low: (low ^ mask(32)) >>> 0 };
  };

  for (const distance of [0, 1, 4, 7, 64]) {
    it(`finds just what comparing all with all finds within ${distance} bits`, () => {
      const hashes: PhotoHash[] = Array.from({ length: 60 }, () => ({ high: word(), low: word() }));
      const photos = [...hashes, ...hashes.map((hash, index) => flipped(hash, index % 10))].map((hash, index) => ({
        hash,
        group: `${index % 3}`,
      }));
      const found = nearCopies(photos, distance);
      photos.forEach((photo, index) => {
        const copies = photos.flatMap((other, number) =>
          other.group !== photo.group && hashDistance(photo.hash, other.hash) <= distance ? [number] : [],
        );
        const told = found.get(index);
        assert.equal(told !== undefined, copies.length > 0, `photo ${index}`);
        if (told !== undefined) assert.ok(copies.includes(told));
      });
    });
  }

  it('passes over photos without a hash', () => {
    assert.equal(
      nearCopies(
        [
          { hash: null, group: 'a' },
          { hash: null, group: 'b' },
        ],
        4,
      ).size,
      0,
    );
  });
});
