import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawSpread } from '../../../../ml/onnx/quantize/calibration.js';

describe('drawing photos to calibrate on', () => {
  it('takes one of each stretch of the list, in its order, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100 }), fc.nat(), (all, count, seed) => {
        const list = Array.from({ length: all }, (_, index) => index);
        const drawn = drawSpread(list, count, seed);
        assert.equal(drawn.length, Math.min(count, all));
        assert.deepEqual(drawn, drawSpread(list, count, seed));
        assert.deepEqual(
          [...new Set(drawn)],
          drawn.toSorted((a, b) => a - b),
        );
        if (count < all)
          drawn.forEach((index, stretch) =>
            assert.ok(index >= Math.floor((stretch * all) / count) && index < ((stretch + 1) * all) / count),
          );
      }),
    );
  });

  it('takes others for another seed', () => {
    const list = Array.from({ length: 1000 }, (_, index) => index);
    assert.notDeepEqual(drawSpread(list, 10, 0), drawSpread(list, 10, 1));
  });
});
