import assert from 'node:assert/strict';
import { TiffDirectory } from '../../../ml/images/tiff-directory.js';

/** One directory: `Make` = "Nik" and what follows, a number of 16 bits, one of 32, three of 16 elsewhere, and text beyond the end. */
function block(little: boolean): Buffer {
  const tiff = Buffer.alloc(100);
  const short = (value: number, at: number): number => (little ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at));
  const long = (value: number, at: number): number => (little ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at));
  const entry = (place: number, [tag, type, count]: readonly [number, number, number]): number => {
    const at = 10 + 12 * place;
    short(tag, at);
    short(type, at + 2);
    long(count, at + 4);
    return at + 8;
  };
  tiff.write(little ? 'II*\0' : 'MM\0*', 'latin1');
  long(8, 4);
  short(5, 8);
  tiff.write('Nik\0', entry(0, [271, 2, 4]), 'latin1');
  short(300, entry(1, [256, 3, 1]));
  long(70_000, entry(2, [273, 4, 1]));
  long(80, entry(3, [258, 3, 3]));
  for (const place of [0, 1, 2]) short(8 + place, 80 + 2 * place);
  long(99, entry(4, [305, 3, 4]));
  return tiff;
}

describe('TiffDirectory', () => {
  for (const little of [true, false])
    it(`reads text and numbers, ${little ? 'lowest' : 'highest'} byte first`, () => {
      const directory = new TiffDirectory(block(little));
      assert.equal(directory.text(271, 3)?.toString(), 'Nik');
      assert.deepEqual(
        [256, 273, 258].map((tag) => directory.numbers(tag)),
        [[300], [70_000], [8, 9, 10]],
      );
    });

  it('has nothing for what is not there, is of another type, or points outside', () => {
    const directory = new TiffDirectory(block(true));
    assert.deepEqual([directory.text(272, 9), directory.text(256, 9)], [null, null]);
    assert.deepEqual([directory.numbers(257), directory.numbers(271), directory.numbers(305)], [[], [], []]);
  });

  it('throws nothing for any cut, and nothing for other files', () => {
    for (let kept = 0; kept < 100; kept++) {
      const directory = new TiffDirectory(block(true).subarray(0, kept));
      directory.numbers(258);
      directory.text(271, 100);
    }
    assert.deepEqual(new TiffDirectory(Buffer.from('\x89PNG\r\n')).numbers(256), []);
  });
});
