import assert from 'node:assert/strict';
import sharp from 'sharp';
import { readIcc } from '../../../ml/images/icc.js';
import { profileBytes } from './icc-bytes.js';
import { picture } from './photo-set.js';

async function profile(name: string): Promise<Buffer> {
  const { icc } = await sharp(await (await picture(1)).withIccProfile(name).png().toBuffer()).metadata();
  assert.ok(icc);
  return icc;
}

/** A matrix profile of version 2 with one gamma for all channels. */
function matrixProfile(name: string, colorants: readonly (readonly number[])[], gamma: number): Buffer {
  const text = Buffer.alloc(12 + name.length + 1);
  text.write('desc', 0, 'latin1');
  text.writeUInt32BE(name.length + 1, 8);
  text.write(name, 12, 'latin1');
  const curve = Buffer.alloc(14);
  curve.write('curv', 0, 'latin1');
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);
  const xyz = (values: readonly number[]): Buffer => {
    const tag = Buffer.alloc(20);
    tag.write('XYZ ', 0, 'latin1');
    values.forEach((value, axis) => tag.writeInt32BE(Math.round(value * 65536), 8 + 4 * axis));
    return tag;
  };
  return profileBytes('RGB ', [
    ['desc', text],
    ...(['rTRC', 'gTRC', 'bTRC'] as const).map((tag) => [tag, curve] as const),
    ...(['rXYZ', 'gXYZ', 'bXYZ'] as const).map((tag, index) => [tag, xyz(colorants[index] ?? [])] as const),
  ]);
}

const SRGB = [
  [0.4361, 0.2225, 0.0139],
  [0.3851, 0.7169, 0.0971],
  [0.1431, 0.0606, 0.7141],
];
const ADOBE = [
  [0.6097, 0.3111, 0.0195],
  [0.2053, 0.6257, 0.0609],
  [0.1492, 0.0632, 0.7446],
];

describe('readIcc', () => {
  it('knows sRGB by its numbers, also as a parametric curve of version 4', async () => {
    assert.equal(readIcc(await profile('srgb')).srgb, true);
    assert.equal(readIcc(matrixProfile('whatever', SRGB, 2.2)).srgb, true);
  });

  it('does not take Display-P3, Adobe RGB, another curve or a name for sRGB', async () => {
    assert.equal(readIcc(await profile('p3')).srgb, false);
    assert.deepEqual(readIcc(matrixProfile('Adobe RGB (1998)', ADOBE, 2.19921875)), {
      name: 'Adobe RGB (1998)',
      srgb: false,
      space: 'RGB ',
    });
    assert.deepEqual(readIcc(matrixProfile('sRGB', SRGB, 1.8)), { name: 'sRGB', srgb: false, space: 'RGB ' });
  });

  it('calls a profile broken that ends in its middle, whatever is missing', async () => {
    const whole = await profile('srgb');
    for (let kept = 0; kept < whole.length - 4; kept += 7) assert.equal(readIcc(whole.subarray(0, kept)).srgb, false, `${kept} bytes`);
    assert.deepEqual(readIcc(Buffer.alloc(20)), { name: 'broken profile', srgb: false, space: '' });
  });
});
