/** Each of our own operations beside what TensorFlow's say, at the sizes where their loops begin and end differently. */
import assert from 'node:assert/strict';
import { pick, type Computation, type Kernels, type Value, type Values } from '../../../ml/engine/kernels.js';
import { batchNorm, depthwise, type OwnActivation } from '../../../ml/engine/own.js';
import * as ops from '../../../ml/engine/ops.js';
import { seeded } from '../onnx/seeded-network.js';
import { runOnce } from './programs.js';

const signed = (u: number): number => 2 * u - 1;

function computation(shapes: Readonly<Record<string, readonly number[]>>, build: (k: Kernels, inputs: Values) => Values): Computation {
  const inputs = new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }]));
  return { name: 'own', inputs, training: true, build };
}

function numbersFor({ inputs }: Computation): Map<string, Float32Array> {
  return new Map(
    [...inputs].map(([name, { shape }]) => [
      name,
      seeded(
        name,
        shape.reduce((a, b) => a * b, 1),
        signed,
      ),
    ]),
  );
}

/** The largest difference over the largest value, of each output. */
function differences(ours: Computation, theirs: Computation, inputs = numbersFor(ours)): Map<string, number> {
  const [a, b] = [runOnce('graph', ours, inputs), runOnce('graph without own kernels', theirs, inputs)];
  return new Map(
    [...b].map(([name, expected]) => {
      const actual = pick(a, name);
      assert.equal(actual.length, expected.length);
      const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-12);
      return [name, expected.reduce((largest, value, at) => Math.max(largest, Math.abs(value - (actual[at] ?? NaN))), 0) / scale];
    }),
  );
}

function insistOnSame(ours: Computation, theirs: Computation, tolerance: number, about: string, inputs?: Map<string, Float32Array>): void {
  for (const [name, difference] of differences(ours, theirs, inputs))
    assert.ok(difference <= tolerance, `${about}: ${name} differs by ${difference} of its largest value`);
}

describe('our depthwise convolution and its gradients', function () {
  this.timeout(120_000);
  const SIDES = [1, 2, 3, 4, 7, 8, 12];
  for (const padding of ['symmetric', 'same'] as const)
    for (const kernel of [3, 5])
      for (const stride of [1, 2])
        it(`are TensorFlow's with kernel ${kernel}, stride ${stride}, padding ${padding}, at every side and number of channels`, () => {
          for (const side of SIDES)
            for (const channels of [5, 8, 40]) {
              const out = Math.ceil(side / stride);
              const shapes = { x: [2, side, side, channels], w: [kernel, kernel, channels, 1], dy: [2, out, out, channels] };
              const convolve =
                (of: (k: Kernels, x: Value, w: Value) => ops.Convolved) =>
                (k: Kernels, inputs: Values): Values => {
                  const convolved = of(k, pick(inputs, 'x'), pick(inputs, 'w'));
                  return new Map([
                    ['y', convolved.output],
                    ['dx', convolved.inputGradient(pick(inputs, 'dy'))],
                    ['dw', convolved.filterGradient(pick(inputs, 'dy'))],
                  ]);
                };
              const stepping = { kernel, stride, padding };
              insistOnSame(
                computation(
                  shapes,
                  convolve((k, x, w) => depthwise(k, x, w, stepping)),
                ),
                computation(
                  shapes,
                  convolve((k, x, w) => ops.convolution(k, 'depthwise', x, w, stepping)),
                ),
                1e-5,
                `side ${side}, ${channels} channels`,
              );
            }
        });
});

describe('our batch norm with its activation, and their gradients', function () {
  this.timeout(120_000);
  const SETTINGS = { mode: 'trained', epsilon: 1e-3, momentum: 0.1 } as const;
  const composed: Readonly<Record<OwnActivation, (k: Kernels, z: Value) => { y: Value; back: (dy: Value) => Value }>> = {
    none: (k, z) => ({ y: z, back: (dy) => ops.times(k, dy, 1) }),
    relu: (k, z) => {
      const y = ops.unary(k, 'Relu', z);
      return { y, back: (dy) => ops.activationGradient(k, 'ReluGrad', dy, y) };
    },
    hardSwish: (k, z) => {
      const shifted = ops.plus(k, z, 3);
      const gate = ops.times(k, ops.unary(k, 'Relu6', shifted), 1 / 6);
      const y = ops.binary(k, 'Mul', z, gate);
      return {
        y,
        back: (dy) => {
          const through = ops.activationGradient(k, 'Relu6Grad', ops.times(k, ops.binary(k, 'Mul', dy, z), 1 / 6), shifted);
          return ops.binary(k, 'AddV2', ops.binary(k, 'Mul', dy, gate), through);
        },
      };
    },
  };

  const theirs =
    (activation: OwnActivation) =>
    (k: Kernels, inputs: Values): Values => {
      const [x, scale, shift, mean, variance, dy] = ['x', 'scale', 'shift', 'mean', 'variance', 'dy'].map((name) => pick(inputs, name)) as [
        Value,
        Value,
        Value,
        Value,
        Value,
        Value,
      ];
      const settings = { ...SETTINGS, byBatch: true };
      const normed = ops.batchNorm(k, x, scale, shift, mean, variance, settings);
      const { y, back } = composed[activation](k, normed.output);
      const gradient = ops.batchNormGradient(k, back(dy), x, scale, normed.reserved, settings);
      return named(y, normed.mean, normed.variance, gradient);
    };

  const ours =
    (activation: OwnActivation) =>
    (k: Kernels, inputs: Values): Values => {
      const [scale, shift, mean, variance] = ['scale', 'shift', 'mean', 'variance'].map((name) => pick(inputs, name)) as [
        Value,
        Value,
        Value,
        Value,
      ];
      const normed = batchNorm(k, pick(inputs, 'x'), { scale, shift, mean, variance }, SETTINGS, activation);
      return named(normed.output, normed.mean, normed.variance, normed.gradient(pick(inputs, 'dy')));
    };

  function named(y: Value, mean: Value, variance: Value, gradient: { x: Value; scale: Value; shift: Value }): Values {
    return new Map([
      ['y', y],
      ['newMean', mean],
      ['newVariance', variance],
      ['dx', gradient.x],
      ['dScale', gradient.scale],
      ['dShift', gradient.shift],
    ]);
  }

  for (const activation of Object.keys(composed) as OwnActivation[])
    it(`are TensorFlow's with ${activation}, in one part of the rows and in several`, () => {
      for (const [side, channels] of [
        [1, 8],
        [3, 5],
        [9, 16],
        [60, 24],
      ] as const) {
        const vectors = Object.fromEntries(['scale', 'shift', 'mean', 'variance'].map((name) => [name, [channels]]));
        const shapes = { x: [4, side, side, channels], dy: [4, side, side, channels], ...vectors };
        insistOnSame(
          computation(shapes, ours(activation)),
          computation(shapes, theirs(activation)),
          2e-5,
          `${side} x ${side} x ${channels}`,
        );
      }
    });

  it('keep their digits where the mean is a thousand times the deviation', () => {
    const shapes = {
      x: [8, 8, 8, 8],
      dy: [8, 8, 8, 8],
      ...Object.fromEntries(['scale', 'shift', 'mean', 'variance'].map((n) => [n, [8]])),
    };
    const made = computation(shapes, ours('none'));
    const inputs = numbersFor(made);
    inputs.set(
      'x',
      pick(inputs, 'x').map((value) => 1000 + value),
    );
    const y = pick(runOnce('graph', made, inputs), 'y');
    const [x, scale, shift] = ['x', 'scale', 'shift'].map((name) => pick(inputs, name)) as [Float32Array, Float32Array, Float32Array];
    for (let channel = 0; channel < 8; channel++) {
      const column = [...x].filter((_, at) => at % 8 === channel);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
      column.forEach((value, row) => {
        const expected = ((value - mean) / Math.sqrt(variance + SETTINGS.epsilon)) * (scale[channel] ?? 0) + (shift[channel] ?? 0);
        assert.ok(Math.abs(expected - (y[row * 8 + channel] ?? NaN)) < 1e-3);
      });
    }
  });
});
