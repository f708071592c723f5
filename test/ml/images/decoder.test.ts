import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { decodeSquare } from '../../../ml/images/decode.js';
import { LIBJPEG, loadDecoder, type Crop, type Decoding } from '../../../ml/images/decoder.js';
import { centreOffset, resizedSides } from '../../../ml/images/geometry.js';

interface Case {
  readonly name: string;
  readonly jpeg: string;
  readonly width: number;
  readonly height: number;
  readonly expected: string;
}
const golden = JSON.parse(readFileSync(join('test', 'ml', 'images', 'golden', 'glance.json'), 'utf8')) as {
  readonly size: number;
  readonly cases: readonly Case[];
};
const { size } = golden;

function bytesOf(name: string): Buffer {
  const found = golden.cases.find((each) => each.name === name);
  assert.ok(found, name);
  return Buffer.from(found.jpeg, 'base64');
}

function cropOf({ width, height }: Pick<Case, 'width' | 'height'>): Crop {
  const sides = resizedSides(width, height, size);
  const [left, top] = [centreOffset(sides.width, size), centreOffset(sides.height, size)];
  return { resizedWidth: sides.width, resizedHeight: sides.height, left, top, size, orientation: 1 };
}

async function glanced(jpeg: Uint8Array, of: Pick<Case, 'width' | 'height'> = { width: 107, height: 77 }): Promise<Uint8Array> {
  const square = new Uint8Array(size * size * 3);
  await (await loadDecoder()).decodeSquare(jpeg, square, cropOf(of), { shrink: 8, loader: '', insistOnEnd: 1, ignoreProfile: 1 });
  return square;
}

/** Of red, green and blue, as bytes. */
function luma(pixels: Uint8Array): number[] {
  return Array.from({ length: pixels.length / 3 }, (_, at) => {
    const [red = NaN, green = NaN, blue = NaN] = pixels.subarray(3 * at, 3 * at + 3);
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  });
}

/** Offsets of the restart markers. */
function restarts(jpeg: Buffer): number[] {
  return [...jpeg.keys()].filter((at) => jpeg[at] === 0xff && ((jpeg[at + 1] ?? 0) & 0xf8) === 0xd0);
}

describe('the decoder', () => {
  it('is named after the wheel whose libjpeg-turbo it is linked to, so that what another one decoded is not taken for its own', () => {
    const [, name, version] = /^([a-z]+)==(\S+) /m.exec(readFileSync(join('setup', 'wheels', 'pillow.txt'), 'utf8')) ?? [];
    assert.equal(LIBJPEG, `${name} ${version}`);
  });
});

describe('decodeSquare', () => {
  const sound: Crop = { resizedWidth: 4, resizedHeight: 6, left: 0, top: 1, size: 4, orientation: 1 };
  const decoding: Decoding = { shrink: 1, loader: '', insistOnEnd: 0, ignoreProfile: 1 };
  const decode = async (crop: Partial<Crop>, by: Partial<Decoding> = {}, length = 4 * 4 * 3): Promise<boolean> =>
    (await loadDecoder()).decodeSquare(bytesOf('4:4:4'), new Uint8Array(length), { ...sound, ...crop }, { ...decoding, ...by });
  const isRefused = (decoded: Promise<boolean>): Promise<void> => assert.rejects(decoded, { name: 'TypeError' });

  it('takes a square within the photo', async () => {
    assert.equal(await decode({}), true);
  });

  it('refuses a size that is none, whatever memory comes with it', async () => {
    for (const size of [-1, 0, -4, NaN, 0.5]) for (const length of [0, 3, 48]) await isRefused(decode({ size }, {}, length));
    await isRefused(decode({ size: 2 ** 32 + 1, resizedWidth: 2 ** 33, resizedHeight: 2 ** 33 }, {}, 3));
    await isRefused(decode({ size: 2 ** 32, resizedWidth: 2 ** 33, resizedHeight: 2 ** 33 }, {}, 0));
  });

  it('refuses memory that is not as large as the square', async () => {
    for (const length of [0, 47, 49]) await isRefused(decode({}, {}, length));
  });

  const outside: readonly Partial<Crop>[] = [
    { left: -1 },
    { left: 1 },
    { top: -1 },
    { top: 3 },
    { top: 2 ** 53 },
    { resizedWidth: 3 },
    { resizedHeight: 4 },
    { resizedWidth: 0 },
    { resizedHeight: -6 },
    { resizedHeight: Infinity },
    { orientation: 0 },
    { orientation: 9 },
  ];
  for (const crop of outside)
    it(`refuses ${Object.entries(crop).flat().join(' ')}, of a square that is not within the photo`, () => isRefused(decode(crop)));

  it('refuses what is no number, another shrink and a loader that is too long', async () => {
    await isRefused(decode({ left: '0' as unknown as number }));
    for (const shrink of [-1, 0, 3, 16]) await isRefused(decode({}, { shrink }));
    await assert.rejects(decode({}, { loader: null as unknown as string }), { name: 'TypeError' });
  });

  it('finds the middle of a photo whose longer side, resized, does not fit into 32 bits', async () => {
    const width = 9_000_000;
    const line = await sharp({ create: { width, height: 1, channels: 3, background: { r: 10, g: 100, b: 200 } } })
      .png()
      .toBuffer();
    const square = await decodeSquare(line, { width, height: 1, orientation: 1, colour: null }, 256);
    assert.deepEqual(square, Buffer.alloc(square.length, Buffer.from([10, 100, 200])));
  });
});

describe('decodeSquare at an eighth', () => {
  for (const { name, jpeg, expected, ...sides } of golden.cases)
    it(`makes of ${name} what Pillow makes with draft, in brightness within 1 and in colour about so`, async () => {
      const square = await glanced(Buffer.from(jpeg, 'base64'), sides);
      const theirs = Buffer.from(expected, 'base64');
      const theirLuma = luma(theirs);
      luma(square).forEach((value, at) =>
        assert.ok(Math.abs(value - (theirLuma[at] ?? NaN)) <= 1.5, `${value} for ${theirLuma[at]} at ${at}`),
      );
      const apart = square.reduce((sum, value, at) => sum + Math.abs(value - (theirs[at] ?? NaN)), 0) / square.length;
      // Where 16 x 16 pixels share a block of colour, Pillow takes four colours out of it.
      assert.ok(apart < (name.startsWith('4:2:0') ? 12 : 3), `${apart}`);
    });

  const middle = (jpeg: Buffer): number => (jpeg.indexOf(Buffer.from([0xff, 0xda])) + jpeg.length) >> 1;
  const damages: readonly (readonly [name: string, of: string, damage: (jpeg: Buffer) => Buffer, says: RegExp])[] = [
    ['data that are cut', '4:2:0', (jpeg) => jpeg.subarray(0, -40), /data end before the last pixel/],
    ['half of the data', '4:4:4', (jpeg) => jpeg.subarray(0, middle(jpeg)), /data end before the last pixel/],
    ['a hole', '4:2:0', (jpeg) => Buffer.from(jpeg).fill(0, middle(jpeg), middle(jpeg) + 200), /data (hold|end|go on)/],
    ['bits turned over', '4:4:4', (jpeg) => turned(jpeg, middle(jpeg)), /data (hold|end|go on)/],
    [
      'a restart marker that is gone',
      '4:2:0 with restart markers',
      (jpeg) => without(jpeg, restarts(jpeg)[2] ?? 0, 2),
      /data (end|go on|hold)/,
    ],
    [
      'a restart marker out of turn',
      '4:2:0 with restart markers',
      (jpeg) => changed(jpeg, (restarts(jpeg)[3] ?? 0) + 1, 0xd7),
      /restart marker/,
    ],
    ['an interval that is gone', 'grey with restart markers', (jpeg) => withoutInterval(jpeg), /restart marker/],
    [
      'data of another photo behind its own',
      'grey',
      (jpeg) => Buffer.concat([jpeg.subarray(0, -2), noise(64), jpeg.subarray(-2)]),
      /go on behind/,
    ],
  ];
  for (const [name, of, damage, says] of damages)
    it(`finds ${name}`, async () => {
      await assert.rejects(glanced(damage(bytesOf(of))), says);
    });

  it('takes a few bytes behind the last block, and any number of equal ones, as cameras leave them', async () => {
    const jpeg = bytesOf('4:2:0');
    const plain = await glanced(jpeg);
    for (const spare of [Buffer.from([1, 2, 3, 4]), Buffer.alloc(5000)]) {
      assert.deepEqual(await glanced(Buffer.concat([jpeg.subarray(0, -2), spare, jpeg.subarray(-2)])), plain);
    }
  });

  it('never crashes, whatever a byte is changed to', async () => {
    const jpeg = bytesOf('4:2:0 with restart markers');
    let [sound, unsound] = [0, 0];
    for (let at = 2; at < jpeg.length; at += 7) {
      await glanced(changed(jpeg, at, (at * 37) & 0xff)).then(
        () => sound++,
        () => unsound++,
      );
    }
    assert.ok(unsound > 200, `${unsound} of ${sound + unsound} were told`);
  });
});

function changed(jpeg: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(jpeg);
  copy[at] = value;
  return copy;
}

function turned(jpeg: Buffer, from: number): Buffer {
  const copy = Buffer.from(jpeg);
  for (let at = from; at < from + 8; at++) copy[at] = 0xff ^ (copy[at] ?? 0) ^ 1;
  return copy;
}

function without(jpeg: Buffer, from: number, count: number): Buffer {
  return Buffer.concat([jpeg.subarray(0, from), jpeg.subarray(from + count)]);
}

function withoutInterval(jpeg: Buffer): Buffer {
  const [first = 0, second = 0] = restarts(jpeg);
  return without(jpeg, first, second - first);
}

/** None of them 0xff. */
function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 97 + 13) % 251));
}
