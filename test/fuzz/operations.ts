/** Our operations for TensorFlow at drawn shapes, beside what TensorFlow's own say. */
import { pick, type Computation, type Kernels, type Value, type Values } from '../../ml/engine/kernels.js';
import * as ops from '../../ml/engine/ops.js';
import { batchNorm, depthwise } from '../../ml/engine/own.js';
import { runOnce } from '../ml/engine/programs.js';
import type { Dice } from './mutate.js';

/** Of the largest value: sums are in another order. */
const TOLERANCE = 1e-4;

function computation(shapes: Readonly<Record<string, readonly number[]>>, build: (k: Kernels, inputs: Values) => Values): Computation {
  const inputs = new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }]));
  return { name: 'fuzzed', inputs, training: true, build };
}

function compare(what: string, dice: Dice, ours: Computation, theirs: Computation): void {
  const inputs = new Map(
    [...ours.inputs].map(([name, { shape }]) => {
      const size = shape.reduce((product, side) => product * side, 1);
      return [name, Float32Array.from({ length: size }, () => dice.below(2001) / 1000 - 1)];
    }),
  );
  const [a, b] = [runOnce('graph', ours, inputs), runOnce('graph without own kernels', theirs, inputs)];
  for (const [name, expected] of b) {
    const actual = pick(a, name);
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    const off = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - (actual[at] ?? NaN))), 0) / scale;
    if (!(off <= TOLERANCE)) throw new Error(`${what}: ${name} differs by ${off} of its largest value`);
  }
}

function convolve(dice: Dice): void {
  const [kernel, stride, side, channels, count] = [
    dice.of([3, 5]),
    dice.of([1, 2]),
    1 + dice.below(40),
    1 + dice.below(70),
    1 + dice.below(3),
  ];
  const stepping = { kernel, stride, padding: dice.of(['symmetric', 'same'] as const) };
  const out = Math.ceil(side / stride);
  const shapes = { x: [count, side, side, channels], w: [kernel, kernel, channels, 1], dy: [count, out, out, channels] };
  const by =
    (of: (k: Kernels, x: Value, w: Value) => ops.Convolved) =>
    (k: Kernels, inputs: Values): Values => {
      const convolved = of(k, pick(inputs, 'x'), pick(inputs, 'w'));
      const dy = pick(inputs, 'dy');
      return new Map([
        ['y', convolved.output],
        ['dx', convolved.inputGradient(dy)],
        ['dw', convolved.filterGradient(dy)],
      ]);
    };
  compare(
    `depthwise ${JSON.stringify({ ...stepping, side, channels, count })}`,
    dice,
    computation(
      shapes,
      by((k, x, w) => depthwise(k, x, w, stepping)),
    ),
    computation(
      shapes,
      by((k, x, w) => ops.convolution(k, 'depthwise', x, w, stepping)),
    ),
  );
}

function normalise(dice: Dice): void {
  const [side, channels, count] = [1 + dice.below(24), 1 + dice.below(70), 2 + dice.below(3)];
  const vectors = Object.fromEntries(['scale', 'shift', 'mean', 'variance'].map((name) => [name, [channels]]));
  const shapes = { x: [count, side, side, channels], ...vectors };
  const settings = { mode: 'trained', epsilon: 1e-3, momentum: 0.1 } as const;
  const of = (inputs: Values, name: string): Value => pick(inputs, name);
  const ours = computation(shapes, (k, inputs) => {
    const parameters = {
      scale: of(inputs, 'scale'),
      shift: of(inputs, 'shift'),
      mean: of(inputs, 'mean'),
      variance: of(inputs, 'variance'),
    };
    const { output, mean, variance } = batchNorm(k, of(inputs, 'x'), parameters, settings, 'none');
    return new Map([
      ['y', output],
      ['mean', mean],
      ['variance', variance],
    ]);
  });
  const theirs = computation(shapes, (k, inputs) => {
    const [x, scale, shift, mean, variance] = ['x', 'scale', 'shift', 'mean', 'variance'].map((name) => of(inputs, name)) as [
      Value,
      Value,
      Value,
      Value,
      Value,
    ];
    const normed = ops.batchNorm(k, x, scale, shift, mean, variance, { ...settings, byBatch: true });
    return new Map([
      ['y', normed.output],
      ['mean', normed.mean],
      ['variance', normed.variance],
    ]);
  });
  compare(`batch norm ${JSON.stringify({ side, channels, count })}`, dice, ours, theirs);
}

/** @throws Error where the numbers differ */
export function compareOperations(dice: Dice): void {
  dice.of([convolve, normalise])(dice);
}
