import assert from 'node:assert/strict';
import { Tensor } from 'onnxruntime-node';
import { constant, node } from '../../../../ml/onnx/build.js';
import { CovarianceSums, tapsModel, tapsOf } from '../../../../ml/onnx/quantize/taps.js';
import { withSession } from '../../../../ml/onnx/session.js';
import { seeded } from '../seeded-network.js';

const [PHOTOS, CHANNELS, SIDE] = [3, 4, 5];
const GRID = { scale: 0.5, zeroPoint: 3 };
const STEPS = Uint8Array.from(seeded('steps', PHOTOS * CHANNELS * SIDE * SIDE, (u) => Math.floor(16 * u)));

/** Every tap of every position of a 3 x 3 convolution with stride 2 and a border of zeros, one row each, written out. */
function rowsOf(channels: readonly number[]): number[][] {
  const rows: number[][] = [];
  const at = (photo: number, channel: number, y: number, x: number): number =>
    y < 0 || x < 0 || y >= SIDE || x >= SIDE ? 0 : ((STEPS[((photo * CHANNELS + channel) * SIDE + y) * SIDE + x] ?? NaN) - 3) * 0.5;
  for (let photo = 0; photo < PHOTOS; photo++)
    for (let y = -1; y < SIDE - 1; y += 2)
      for (let x = -1; x < SIDE - 1; x += 2)
        rows.push(channels.flatMap((channel) => [0, 1, 2].flatMap((dy) => [0, 1, 2].map((dx) => at(photo, channel, y + dy, x + dx)))));
  return rows;
}

function covariance(rows: readonly (readonly number[])[], a: number, b: number): number {
  const mean = (of: number): number => rows.reduce((sum, row) => sum + (row[of] ?? NaN), 0) / rows.length;
  const [ofA, ofB] = [mean(a), mean(b)];
  return rows.reduce((sum, row) => sum + ((row[a] ?? NaN) - ofA) * ((row[b] ?? NaN) - ofB), 0) / rows.length;
}

describe('covariances of the taps of a convolution', () => {
  for (const group of [1, 2, 4])
    it(`are those of its input, padding included, in ${group} group${group === 1 ? '' : 's'}`, async () => {
      const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], group };
      const layer = node('Conv', ['x', 'w', 'b'], 'y', attributes);
      const weight = constant('w', [8, CHANNELS / group, 3, 3], new Float32Array((8 * CHANNELS * 9) / group));
      const taps = tapsOf(layer, weight);
      assert.deepEqual(taps, { groups: group, each: (CHANNELS / group) * 9 });
      const sums = new CovarianceSums(taps);
      await withSession(tapsModel(layer, weight, GRID), { threads: 1 }, async (session) => {
        const each = CHANNELS * SIDE * SIDE;
        await sums.add(session, new Tensor('uint8', STEPS.subarray(0, each), [1, CHANNELS, SIDE, SIDE]));
        await sums.add(session, new Tensor('uint8', STEPS.subarray(each), [PHOTOS - 1, CHANNELS, SIDE, SIDE]));
      });
      const got = sums.covariances();
      const perGroup = CHANNELS / group;
      for (let one = 0; one < group; one++) {
        const rows = rowsOf(Array.from({ length: perGroup }, (_, at) => one * perGroup + at));
        const kept = rows.length / (rows.length + taps.each);
        for (let a = 0; a < taps.each; a++)
          for (let b = 0; b < taps.each; b++) {
            const wanted = covariance(rows, a, b) * (a === b ? 1 : kept);
            assert.ok(Math.abs((got[(one * taps.each + a) * taps.each + b] ?? NaN) - wanted) < 1e-5);
          }
      }
    });
});
