import assert from 'node:assert/strict';
import type { Inspection } from '../../../ml/images/inspect.js';
import { foldersTogether } from '../../../ml/images/together.js';

interface Seen {
  readonly hash?: number;
  readonly pixels?: string;
}

/** Of a photo with this hash and without landmarks. */
function hashesOf(hash: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(hash, 0);
  return bytes.toString('base64');
}

let number = 0;
function inspection(folder: string, { hash, pixels }: Seen): Inspection {
  const file = `${folder}/good/${number++}.png`;
  return {
    photo: { file, path: file, folder, label: 'good', stem: '' },
    sha256: file,
    content: {
      bytes: 1,
      format: 'png',
      sides: { width: 300, height: 300 },
      orientation: 1,
      quality: null,
      encoder: null,
      hashes: hash === undefined ? null : hashesOf(hash),
      pixels: pixels ?? null,
      faults: [],
    },
    findings: [],
  };
}

const groups = (photos: readonly Inspection[]): string[] => foldersTogether(photos, 2).map((group) => [...group].sort().join(' '));

describe('foldersTogether', () => {
  it('joins folders with equal pixels, also of photos that show nothing to tell them apart by', () => {
    assert.deepEqual(groups(['a', 'b', 'c'].map((folder) => inspection(folder, { pixels: folder === 'c' ? 'else' : 'same' }))), ['a b']);
  });

  it('joins folders with near copies, through others where these are further apart', () => {
    const chain = [0b0, 0b11, 0b1111, 0b111111].map((hash, place) => inspection(`f${place}`, { hash }));
    assert.deepEqual(groups([...chain, inspection('far', { hash: 0x0fff0000 })]), ['f0 f1 f2 f3']);
  });

  it('joins what several photos tie, whichever copy is found first', () => {
    const [a, b, c, d] = [0b1, 0b10, 0b100000001, 0b100000010];
    const photos = [inspection('a', { hash: a }), inspection('b', { hash: b }), inspection('c', { hash: c }), inspection('d', { hash: d })];
    assert.deepEqual(groups(photos), ['a b c d']);
  });

  it('leaves alone copies within a folder, and photos that could not be decoded', () => {
    assert.deepEqual(groups([inspection('a', { hash: 1 }), inspection('a', { hash: 1 }), inspection('b', {}), inspection('c', {})]), []);
  });
});
