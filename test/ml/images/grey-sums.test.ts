import assert from 'node:assert/strict';
import { GreySums } from '../../../ml/images/grey-sums.js';
import { Draws } from '../../../ml/random/philox.js';

describe('GreySums', () => {
  const SIDE = 48;
  const draws = new Draws('crop', { seed: 2, epoch: 0, index: 0 });
  const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => draws.below(256));
  const grey = (x: number, y: number): number =>
    [0.299, 0.587, 0.114].reduce((sum, weight, channel) => sum + weight * (pixels[(y * SIDE + x) * 3 + channel] ?? 0), 0);
  const sums = new GreySums(pixels, SIDE);
  /** Mean over a rectangle, each pixel by how much of it lies inside. */
  const plainMean = (left: number, top: number, width: number, height: number): number => {
    const overlap = (from: number, length: number, pixel: number): number =>
      Math.max(0, Math.min(from + length, pixel + 1) - Math.max(from, pixel));
    let sum = 0;
    for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) sum += overlap(left, width, x) * overlap(top, height, y) * grey(x, y);
    return sum / (width * height);
  };
  const isClose = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-8, `${actual} ${expected}`);

  it('gives the mean of a square about a point', () => {
    for (const [x, y, half] of [
      [20, 24, 7],
      [5, 43, 5],
      [24, 24, 24],
    ] as const)
      // prettier-ignore
      isClose(sums.mean(x, y, half), plainMean(x - half, y - half, 2 * half, 2 * half));
  });

  it('gives the means of cells that begin inside pixels', () => {
    for (const [left, top, side, count] of [
      [0, 0, 48, 16],
      [3.3, 10.75, 31.4, 5],
      [17, 0, 31, 3],
    ] as const) {
      // prettier-ignore
      const cells = new Float64Array(count * count);
      sums.writeCells(left, top, side, count, cells);
      const cell = side / count;
      cells.forEach((mean, at) => isClose(mean, plainMean(left + (at % count) * cell, top + Math.floor(at / count) * cell, cell, cell)));
    }
  });

  it('gives the standard deviation', () => {
    const values = Array.from({ length: SIDE * SIDE }, (_, at) => grey(at % SIDE, Math.floor(at / SIDE)));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    isClose(sums.deviation, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length));
  });
});
