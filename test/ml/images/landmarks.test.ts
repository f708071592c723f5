import assert from 'node:assert/strict';
import { GreySums } from '../../../ml/images/grey-sums.js';
import { findLandmarks, type Landmark } from '../../../ml/images/landmarks.js';

const SIDE = 256;

/** Grey boxes on a grey ground. */
function sumsOf(boxes: readonly { readonly x: number; readonly y: number; readonly half: number; readonly grey: number }[]): GreySums {
  const pixels = new Uint8Array(SIDE * SIDE * 3).fill(100);
  for (const { x, y, half, grey } of boxes) {
    for (let row = y - half; row < y + half; row++) pixels.fill(grey, (row * SIDE + x - half) * 3, (row * SIDE + x + half) * 3);
  }
  return new GreySums(pixels, SIDE);
}

const isNear = (landmark: Landmark | undefined, x: number, y: number, half: number): void => {
  assert.ok(landmark);
  assert.ok(Math.hypot(landmark.x - x, landmark.y - y) < 1.5, JSON.stringify(landmark));
  assert.ok(Math.abs(Math.log(landmark.half / half)) < 0.1, JSON.stringify(landmark));
};

describe('findLandmarks', () => {
  it('finds a box that stands out, bright or dark, between the places it looks at, with a square three times its size', () => {
    for (const grey of [20, 200]) {
      const [landmark] = findLandmarks(sumsOf([{ x: 131, y: 121, half: 20, grey }]), 24);
      isNear(landmark, 131, 121, 60);
    }
  });

  it('finds the same place in an enlarged crop', () => {
    const [small] = findLandmarks(sumsOf([{ x: 120, y: 124, half: 14, grey: 250 }]), 1);
    // The square from (64, 64) on, enlarged twice.
    const [large] = findLandmarks(sumsOf([{ x: 112, y: 120, half: 28, grey: 250 }]), 1);
    isNear(small, 120, 124, 42);
    isNear(large, 112, 120, 84);
  });

  it('puts the clearest first and gives no more than are asked for', () => {
    const sums = sumsOf([
      { x: 70, y: 70, half: 12, grey: 200 },
      { x: 180, y: 180, half: 12, grey: 255 },
    ]);
    const [first, ...others] = findLandmarks(sums, 24);
    isNear(first, 180, 180, 36);
    assert.ok(others.some(({ x, y }) => Math.hypot(x - 70, y - 70) < 2));
    assert.equal(findLandmarks(sums, 1).length, 1);
  });

  it('stays within the picture, and finds nothing in one without structure', () => {
    const crowd = Array.from({ length: 60 }, (_, box) => ({
      x: 12 + ((box * 67) % 230),
      y: 12 + ((box * 41) % 230),
      half: 11,
      grey: (box * 83) % 256,
    }));
    const found = findLandmarks(sumsOf(crowd), 100);
    assert.ok(found.length > 10);
    for (const { x, y, half } of found) assert.ok(Math.min(x, y) >= half && Math.max(x, y) <= SIDE - half, JSON.stringify({ x, y, half }));
    assert.deepEqual(findLandmarks(sumsOf([]), 24), []);
  });
});
