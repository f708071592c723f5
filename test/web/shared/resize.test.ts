import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { readInstallation } from '../../../configs/load/installation.js';
import { decodeSquare, decodeWhole, readHeader } from '../../../ml/images/decode.js';
import { packagedPhotos } from '../../../ml/images/sample-sources.js';
import { CentralSquare } from '../../../web/shared/resize.js';

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

/** The page's way, given `rows` rows at once; the photo without its alpha. */
function squareOf(rgb: Uint8Array, width: number, height: number, size: number, crop: number, rows: number): Uint8Array {
  const square = new CentralSquare(width, height, size, crop);
  const { left, top, width: across, height: down } = square.region;
  for (let row = 0; row < down; row += rows) {
    const count = Math.min(rows, down - row);
    const rgba = new Uint8ClampedArray(count * across * 4);
    for (let at = 0; at < count * across; at++) {
      const from = ((top + row + Math.floor(at / across)) * width + left + (at % across)) * 3;
      rgba.set(rgb.subarray(from, from + 3), at * 4);
    }
    square.addRows(rgba);
  }
  return square.pixels();
}

function largest(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? NaN))), 0);
}

describe('the central square that the page makes', () => {
  for (const { width, height, size, pixels, expected } of golden.cases)
    it(`is torchvision's with Pillow within 1, border and all, for ${width} x ${height} to ${size}`, () => {
      const square = squareOf(Buffer.from(pixels, 'base64'), width, height, size, size, 7);
      assert.ok(largest(square, Buffer.from(expected, 'base64')) <= 1);
    });

  // Ratios from 1.2 to 24.
  for (const [size, crop] of [
    [256, 224],
    [36, 32],
  ] as const)
    it(`is the middle of the ${size} px that training reads of real photos: within 1, and the same but for one of a hundred`, async () => {
      const sources = packagedPhotos((await readInstallation()).samplePhotos);
      assert.ok(sources.length > 3);
      for (const { path } of sources) {
        const bytes = readFileSync(path);
        const header = await readHeader(bytes);
        const { data, width, height } = await decodeWhole(bytes, header);
        const margin = (size - crop) / 2;
        const theirs = await sharp(await decodeSquare(bytes, header, size), { raw: { width: size, height: size, channels: 3 } })
          .extract({ left: margin, top: margin, width: crop, height: crop })
          .raw()
          .toBuffer();
        const ours = squareOf(data, width, height, size, crop, 64);
        assert.ok(largest(ours, theirs) <= 1, path);
        assert.ok(ours.filter((value, index) => value !== theirs[index]).length < ours.length / 100, path);
      }
    });

  it('does not depend on how many rows come at once', () => {
    const rgb = Uint8Array.from({ length: 90 * 61 * 3 }, (_, index) => (index * 7919) % 256);
    const all = squareOf(rgb, 90, 61, 36, 32, 61);
    assert.deepEqual(squareOf(rgb, 90, 61, 36, 32, 1), all);
  });

  it('is not given out before the last row came', () => {
    assert.throws(() => new CentralSquare(90, 61, 36, 32).pixels(), /0 of \d+ rows/);
  });
});
