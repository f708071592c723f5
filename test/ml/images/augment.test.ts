import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawAugmentation, writeAugmented, writeView } from '../../../ml/images/augment.js';

interface Case {
  readonly size: number;
  readonly crop: number;
  readonly rotation: number;
  readonly flip: boolean;
  readonly brightness: number;
  readonly contrast: number;
  readonly pixels: string;
  readonly expected: string;
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const golden = JSON.parse(readFileSync(join('test', 'ml', 'images', 'golden', 'augment.json'), 'utf8')) as {
  readonly cases: readonly Case[];
};

function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index));
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? NaN))), 0);
}

/** A thousandth of a byte's step after normalisation is 1.7e-5; torchvision samples in float32. */
const TOLERANCE = 5e-4;

describe('writeAugmented', () => {
  for (const { size, crop, pixels, expected, ...augmentation } of golden.cases) {
    it(`does what torchvision does at ${JSON.stringify({ size, crop, ...augmentation })}`, () => {
      const offset = 5;
      const out = new Float32Array(offset + crop * crop * 3 + 4).fill(-9);
      writeAugmented(Buffer.from(pixels, 'base64'), { size, crop, ...IMAGENET }, augmentation, out, offset);
      assert.ok(largestDifference(out.subarray(offset, -4), floats(expected)) < TOLERANCE);
      assert.deepEqual([...out.subarray(0, offset), ...out.subarray(-4)], new Array(9).fill(-9), 'nothing is written outside its slice');
    });
  }
});

describe('writeView', () => {
  it('crops the centre and normalises as torchvision does', () => {
    const [{ size, crop, pixels, expected }] = golden.cases as [Case];
    const out = new Float32Array(crop * crop * 3);
    writeView(Buffer.from(pixels, 'base64'), { size, crop, ...IMAGENET }, out, 0);
    assert.ok(largestDifference(out, floats(expected)) < 1e-5);
  });
});

describe('drawAugmentation', () => {
  const settings = { flip: 0.5, brightness: 0.1, contrast: 0.1, rotation: 5 };
  const many = Array.from({ length: 4000 }, (_, index) => drawAugmentation(settings, { seed: 1, epoch: 2, index }));

  it('stays within the settings and reaches near their ends', () => {
    for (const { brightness, contrast, rotation } of many) {
      assert.ok(Math.abs(brightness - 1) <= 0.1 && Math.abs(contrast - 1) <= 0.1 && Math.abs(rotation) <= 5);
    }
    for (const side of [-1, 1]) {
      assert.ok(many.some(({ brightness }) => side * (brightness - 1) > 0.095));
      assert.ok(many.some(({ contrast }) => side * (contrast - 1) > 0.095));
      assert.ok(many.some(({ rotation }) => side * rotation > 4.8));
    }
  });

  it('flips half of the photos', () => {
    const flips = many.filter(({ flip }) => flip).length / many.length;
    assert.ok(Math.abs(flips - 0.5) < 0.03, `${flips}`);
  });

  it('depends on seed, epoch and index and on nothing else', () => {
    const place = { seed: 1, epoch: 2, index: 3 };
    assert.deepEqual(drawAugmentation(settings, place), many[3]);
    for (const other of [{ seed: 2 }, { epoch: 3 }, { index: 4 }]) {
      assert.notDeepEqual(drawAugmentation(settings, { ...place, ...other }), many[3]);
    }
  });
});
