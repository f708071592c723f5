import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Histogram } from '../../../../ml/onnx/quantize/histogram.js';
import { chooseFreeGrid, chooseHardSwishGrid, gridOver, stepOf, through, type Grid } from '../../../../ml/onnx/quantize/ranges.js';
import { seeded } from '../seeded-network.js';

const LEAST_SQUARES = { ranges: 'least-squares', percentile: 1 } as const;

function histogramOf(numbers: Float32Array): Histogram {
  const histogram = new Histogram({ min: Math.min(...numbers), max: Math.max(...numbers) });
  histogram.add(numbers);
  return histogram;
}

const squaredError = (grid: Grid, numbers: Float32Array): number =>
  numbers.reduce((sum, number) => sum + (through(grid, number) - number) ** 2, 0) / numbers.length;

describe('a grid over a range', () => {
  it('holds zero exactly and every number of the range within half a step', () => {
    const number = fc.float({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.float({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const grid = gridOver({ min, max });
        const inside = min + share * (max - min);
        assert.equal(through(grid, 0), 0);
        // Rounding the zero point moves the range by up to half a step, so its ends lie up to a whole step away.
        assert.ok(Math.abs(through(grid, inside) - inside) <= grid.scale * 1.001 + 1e-30);
        assert.ok(Number.isInteger(grid.zeroPoint) && grid.zeroPoint >= 0 && grid.zeroPoint <= 255);
      }),
    );
  });

  it('of nothing but zero still has a scale to divide by', () => {
    assert.deepEqual(gridOver({ min: 0, max: 0 }), { scale: 1, zeroPoint: 0 });
  });

  it('of one number other than zero holds that number', () => {
    for (const number of [5, -5]) assert.ok(Math.abs(through(gridOver({ min: number, max: number }), number) - number) < 1e-6);
  });
});

describe('choosing a grid by least squared error', () => {
  const bell = (count: number): Float32Array => {
    const u = seeded('bell', 6 * count, (one) => one);
    return Float32Array.from({ length: count }, (_, index) => u.subarray(6 * index, 6 * index + 6).reduce((sum, one) => sum + one, -3));
  };

  it('gives up one far number for finer steps where the many are', () => {
    const numbers = bell(20_000);
    const [min, far, times] = [Math.min(...numbers), 30, 40];
    const histogram = new Histogram({ min, max: far });
    histogram.add(Float32Array.of(far));
    for (let time = 0; time < times; time++) histogram.add(numbers);
    const { grid, by } = chooseFreeGrid(histogram, LEAST_SQUARES);
    const errorOf = (one: Grid): number => times * numbers.length * squaredError(one, numbers) + (through(one, far) - far) ** 2;
    assert.equal(by, 'least-squares');
    assert.ok(errorOf(grid) < 0.75 * errorOf(gridOver({ min, max: far })));
    assert.ok((255 - grid.zeroPoint) * grid.scale < 20);
  });

  it('tells the error that the grid really has', () => {
    const numbers = bell(20_000);
    const { grid, meanSquaredError } = chooseFreeGrid(histogramOf(numbers), LEAST_SQUARES);
    assert.ok(meanSquaredError !== null);
    assert.ok(Math.abs(meanSquaredError / squaredError(grid, numbers) - 1) < 0.1);
  });

  it('starts at zero for what comes out of a ReLU, however many zeros there are', () => {
    const numbers = bell(20_000).map((number) => Math.max(0, number));
    const { grid } = chooseFreeGrid(histogramOf(numbers), LEAST_SQUARES);
    assert.equal(grid.zeroPoint, 0);
    assert.ok(255 * grid.scale > 1);
  });

  it('takes the whole range where there are few numbers', () => {
    assert.deepEqual(chooseFreeGrid(histogramOf(Float32Array.of(-1, 4)), LEAST_SQUARES), {
      grid: gridOver({ min: -1, max: 4 }),
      by: 'min-max',
      meanSquaredError: null,
    });
  });

  it('takes one number, many times over, as it is', () => {
    const { grid, by } = chooseFreeGrid(histogramOf(new Float32Array(5000).fill(2)), LEAST_SQUARES);
    assert.equal(by, 'min-max');
    assert.ok(Math.abs(through(grid, 2) - 2) < 1e-6);
  });
});

describe('the grid before HardSwish', () => {
  const grids = [0.1, 1, 3, 20, 300].map((spread) => {
    const numbers = seeded(`spread ${spread}`, 8000, (u) => spread * (2 * u - 1));
    const histogram = new Histogram({ min: Math.max(-3, Math.min(...numbers)), max: Math.max(...numbers) });
    histogram.add(numbers);
    return { spread, chosen: chooseHardSwishGrid(histogram, LEAST_SQUARES) };
  });
  for (const { spread, chosen } of grids) {
    it(`begins at -3 on a whole zero point, and reads as the gate, for numbers up to ${spread}`, () => {
      const { scale, zeroPoint } = chosen.grid;
      assert.ok(Number.isInteger(zeroPoint) && zeroPoint > 0 && zeroPoint < 256);
      assert.ok(Math.abs((0 - zeroPoint) * scale + 3) < 1e-12);
      for (let step = 0; step < 256; step++) assert.ok(Math.abs(step / (2 * zeroPoint) - (((step - zeroPoint) * scale) / 6 + 0.5)) < 1e-12);
    });
  }

  it('reaches most of what was seen', () => {
    const wide = grids.find(({ spread }) => spread === 20)?.chosen.grid;
    assert.ok(wide !== undefined && (255 - wide.zeroPoint) * wide.scale > 15);
  });

  it('does not count what lies below -3', () => {
    const numbers = Float32Array.from({ length: 4000 }, (_, index) => (index % 2 === 0 ? -500 : (index % 100) / 50));
    const histogram = new Histogram({ min: -3, max: 2 });
    histogram.add(numbers);
    const { grid, meanSquaredError } = chooseHardSwishGrid(histogram, LEAST_SQUARES);
    assert.equal(stepOf(grid, -500), 0);
    assert.ok(meanSquaredError !== null && meanSquaredError < 1e-3);
  });
});

describe('choosing a grid by a setting', () => {
  const numbers = Float32Array.from({ length: 10_000 }, (_, index) => (index + 0.5) / 10_000);
  const histogram = new Histogram({ min: -1, max: 2 });
  histogram.add(numbers);
  histogram.add(Float32Array.of(-1, 2));

  it('min-max takes everything', () => {
    const { grid, by } = chooseFreeGrid(histogram, { ranges: 'min-max', percentile: 0.9 });
    assert.deepEqual([grid, by], [gridOver({ min: -1, max: 2 }), 'min-max']);
  });

  it('percentile leaves its share out at either end', () => {
    const { grid, by } = chooseFreeGrid(histogram, { ranges: 'percentile', percentile: 0.9 });
    assert.equal(by, 'percentile');
    assert.ok(Math.abs((255 - grid.zeroPoint) * grid.scale - 0.9) < 0.01);
  });
});
