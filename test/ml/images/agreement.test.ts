import assert from 'node:assert/strict';
import { votes } from '../../../ml/images/agreement.js';
import { landmarksOf } from '../../../ml/images/hash-table.js';
import { MIRRORED } from '../../../ml/images/square-hash.js';
import { Draws } from '../../../ml/random/philox.js';

interface Landmark {
  readonly high: number;
  readonly low: number;
  readonly place: readonly [x: number, y: number, half: number];
}

const draws = new Draws('crop', { seed: 10, epoch: 0, index: 0 });
const PLACES = [[60, 60, 40], [150, 60, 40], [60, 150, 36], [150, 150, 44]] as const; // prettier-ignore
const PHOTO: Landmark[] = PLACES.map((place) => ({ high: draws.below(2 ** 32) | 0, low: draws.below(2 ** 32) | 0, place }));
/** The square from (20, 20) to (220, 220), enlarged. */
const enlarged = (photo: readonly Landmark[]): Landmark[] =>
  photo.map(({ place: [x, y, half], ...hash }) => ({ ...hash, place: [(x - 20) * 1.28, (y - 20) * 1.28, half * 1.28] }));

/** Votes where the first landmarks of both are taken for the same. */
function votesOf(photo: readonly Landmark[], copy: readonly Landmark[], mirrored = false): number {
  const texts = [photo, copy].map((landmarks) => {
    const bytes = Buffer.alloc(8 + 11 * landmarks.length);
    landmarks.forEach(({ high, low, place }, number) => {
      const at = 8 + 11 * number;
      bytes.writeInt32BE(high, at);
      bytes.writeInt32BE(low, at + 4);
      bytes.set(place.map(Math.round), at + 8);
    });
    return bytes.toString('base64');
  });
  return votes(landmarksOf(texts), 0, photo.length, mirrored);
}

describe('votes', () => {
  it('counts landmarks that lie in a crop where the first has it', () => {
    assert.equal(votesOf(PHOTO, PHOTO), 4);
    assert.equal(votesOf(PHOTO, enlarged(PHOTO)), 4);
    assert.equal(votesOf(enlarged(PHOTO), PHOTO), 4);
    assert.equal(votesOf(PHOTO, enlarged(PHOTO.slice(0, 3))), 3);
  });

  it('counts none that lies elsewhere, is of another size, or looks different', () => {
    const [first, ...others] = PHOTO as [Landmark, ...Landmark[]];
    const moved = (by: readonly [number, number, number]): Landmark[] => [
      first,
      ...others.map(({ place, ...hash }) => ({ ...hash, place: [place[0] + by[0], place[1] + by[1], place[2] + by[2]] as const })),
    ];
    assert.equal(votesOf(PHOTO, moved([3, -4, 2])), 4);
    for (const by of [[12, 0, 0], [0, -12, 0], [0, 0, 16]] as const) assert.equal(votesOf(PHOTO, moved(by)), 1); // prettier-ignore
    assert.equal(votesOf(PHOTO, [first, ...others.map((landmark) => ({ ...landmark, low: landmark.low ^ 0xfff }))]), 4);
    assert.equal(votesOf(PHOTO, [first, ...others.map((landmark) => ({ ...landmark, low: landmark.low ^ 0x1fff }))]), 1);
  });

  it('gives landmarks in the same place one vote', () => {
    const crowd = PHOTO.flatMap((landmark) => [landmark, landmark]);
    assert.equal(votesOf(crowd, crowd), 4);
  });

  it('looks for mirrored landmarks on the other side', () => {
    const mirrored = PHOTO.map(({ high, low, place: [x, y, half] }) => ({
      high: high ^ MIRRORED,
      low: low ^ MIRRORED,
      place: [256 - x, y, half] as const,
    }));
    assert.equal(votesOf(PHOTO, mirrored, true), 4);
    assert.equal(votesOf(PHOTO, mirrored), 0);
  });
});
