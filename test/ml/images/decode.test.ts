import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { decodeSquare, decodeWhole, readHeader } from '../../../ml/images/decode.js';
import { picture } from './photo-set.js';

interface Case {
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly pixels: string;
  readonly expected: string;
}
const golden = JSON.parse(readFileSync(join('test', 'ml', 'images', 'golden', 'resize.json'), 'utf8')) as {
  readonly cases: readonly Case[];
};

function differences(a: Uint8Array, b: Uint8Array): number[] {
  assert.equal(a.length, b.length);
  return [...a].map((value, index) => Math.abs(value - (b[index] ?? NaN)));
}
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

describe('decodeSquare', () => {
  for (const { width, height, size, pixels, expected } of golden.cases) {
    it(`resizes and crops ${width} x ${height} to ${size} as torchvision with Pillow does, within 1, border and all`, async () => {
      const raw = { width, height, channels: 3 } as const;
      const bytes = await sharp(Buffer.from(pixels, 'base64'), { raw }).png().toBuffer();
      const square = await decodeSquare(bytes, await readHeader(bytes), size);
      differences(square, Buffer.from(expected, 'base64')).forEach((difference, index) => {
        assert.ok(difference <= 1, `${difference} at ${index}`);
      });
    });
  }

  it('turns a photo upright as its EXIF orientation says, for each of the eight', async () => {
    const upright = await picture(1, 300, 240);
    const expected = await upright.clone().raw().toBuffer();
    // What a camera stores so that each orientation shows the same picture.
    const stored: readonly ((image: Sharp) => Sharp)[] = [
      (image) => image,
      (image) => image.flop(),
      (image) => image.rotate(180),
      (image) => image.flip(),
      (image) => image.rotate(270).flop(),
      (image) => image.rotate(270),
      (image) => image.rotate(90).flop(),
      (image) => image.rotate(90),
    ];
    let uprightSquare: Buffer | undefined;
    for (const [index, turn] of stored.entries()) {
      // Two steps, because sharp has an order of its own for turning and mirroring.
      const { data, info } = await turn(upright.clone()).raw().toBuffer({ resolveWithObject: true });
      const raw = { width: info.width, height: info.height, channels: 3 } as const;
      const bytes = await sharp(data, { raw })
        .withMetadata({ orientation: index + 1 })
        .png()
        .toBuffer();
      const header = await readHeader(bytes);
      assert.deepEqual([header.width, header.height, header.orientation], [300, 240, index + 1]);
      const whole = await decodeWhole(bytes, header);
      assert.ok(whole.data.equals(expected), `orientation ${index + 1}`);
      const square = await decodeSquare(bytes, header, 32);
      uprightSquare ??= square;
      // Sums in another order: a rounding may fall to the other side.
      assert.ok(Math.max(...differences(square, uprightSquare)) <= 1, `square of orientation ${index + 1}`);
      assert.ok(mean(differences(square, uprightSquare)) < 0.01, `square of orientation ${index + 1}`);
    }
  });

  it('reads Display-P3 as what it looks like in sRGB, and leaves sRGB alone', async () => {
    const original = await picture(2);
    const pixels = await original.clone().raw().toBuffer();
    const read = async (bytes: Buffer): Promise<Buffer> => (await decodeWhole(bytes, await readHeader(bytes))).data;
    const tagged = await read(await original.clone().withIccProfile('srgb').png().toBuffer());
    assert.ok(tagged.equals(pixels));
    const wide = await original.clone().withIccProfile('p3').png().toBuffer();
    const stored = await sharp(wide, { ignoreIcc: true }).raw().toBuffer();
    const converted = await read(wide);
    assert.ok(mean(differences(stored, pixels)) > 3, 'the file really holds other numbers');
    assert.ok(mean(differences(converted, pixels)) < 1);
  });
});
