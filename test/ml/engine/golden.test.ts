import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { LossSettings } from '../../../configs/schema/losses.js';
import { gradientsComputation, inferenceComputation } from '../../../ml/engine/computations.js';
import { pick, type Computation, type Precision } from '../../../ml/engine/kernels.js';
import { layoutsOf } from '../../../ml/engine/layout.js';
import { scalar } from '../../../ml/engine/ops.js';
import { adamW, clipByGlobalNorm, namedNumbers, stepNumbers } from '../../../ml/engine/optimizer.js';
import { learningRate } from '../../../ml/engine/schedule.js';
import { BACKBONES } from '../../../ml/network/table.js';
import { LARGE, MINIMALISTIC, seeded, seededNetwork, seededPhotos, SMALL } from '../onnx/seeded-network.js';
import { ENGINES, runOnce, toChannelsLast, toEngine } from './programs.js';

interface Golden {
  readonly step: {
    readonly loss: number;
    readonly gradNorm: number;
    readonly right: number;
    readonly gradients: Record<string, [number, number]>;
    readonly averages: Record<string, [number, number]>;
  };
  readonly adamw: { readonly weight: number[]; readonly bias: number[] };
  readonly learningRates: number[];
}
interface ForwardGolden {
  readonly features: number[];
  readonly embedding: number[];
  readonly score: number[];
}
const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(`../../../../test/ml/${path}`, import.meta.url), 'utf8')) as T;
const golden = read<Golden>('engine/golden/training.json');
const forwardGolden = read<Record<string, ForwardGolden>>('onnx/golden/torch.json');

const OPTIMIZER = { lr: 1, weightDecay: 0.05, decay: 'weights', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const signed = (u: number): number => 2 * u - 1;

/** Largest difference over the largest expected number. */
function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, at) => Math.abs((actual[at] ?? NaN) - value))) / scale;
}

describe('the network', function () {
  this.timeout(60_000);
  for (const engine of ENGINES)
    for (const spec of [LARGE, MINIMALISTIC, SMALL])
      it(`gives PyTorch's features, embeddings and scores for ${spec.backbone}, padding ${spec.padding}, with the ${engine} engine`, () => {
        const { network, parameters } = seededNetwork(spec);
        const inputs = toEngine(network, parameters).set('photos', toChannelsLast(seededPhotos(), 224));
        const outputs = runOnce(engine, inferenceComputation(network, 2, { crop: 224, precision: 'float32' }), inputs);
        const expected = pick(new Map(Object.entries(forwardGolden)), spec.backbone);
        const rows = (name: string, width: number, count: number): number[] => {
          const values = pick(outputs, name);
          return [0, 1].flatMap((photo) => [...values.subarray(photo * width, photo * width + count)]);
        };
        assert.ok(relativeError(rows('features', BACKBONES[spec.backbone].features.out, 16), expected.features) < 1e-4);
        assert.ok(relativeError(rows('embedding', 512, 32), expected.embedding) < 1e-4);
        assert.ok(relativeError(pick(outputs, 'score'), expected.score) < 1e-4);
      });
});

describe('a training step', function () {
  this.timeout(60_000);
  const network = seededNetwork({ ...LARGE, batchNorm: { ...LARGE.batchNorm, momentum: 0.1 } });
  const photos = toChannelsLast(
    seeded('training photos', 8 * 3 * 64 * 64, (u) => 4 * u - 2),
    64,
  );
  const inputs = toEngine(network.network, network.parameters)
    .set('photos', photos)
    .set(
      'target',
      seeded("people's scores", 8, (u) => u),
    )
    .set('mask', Float32Array.of(1, 0, 1, 1, 0, 0, 1, 0))
    .set('lossScale', Float32Array.of(1));
  const settings = {
    crop: 64,
    precision: 'float32' as Precision,
    loss: LossSettings.parse({ regressionWeight: 0.2 }),
    optimizer: OPTIMIZER,
    clip: 5,
  };
  const layouts = layoutsOf(network.network);
  const shrunk = (name: string, engineValues: Float32Array): [number, number] => {
    const values = pick(layouts, name).fromEngine(engineValues);
    const direction = seeded(`projection of ${name}`, values.length, signed);
    return [
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)),
      values.reduce((sum, value, at) => sum + value * (direction[at] ?? NaN), 0),
    ];
  };
  const wrong = (
    prefix: string,
    outputs: ReadonlyMap<string, Float32Array>,
    expected: Record<string, [number, number]>,
    tolerance: number,
  ): string[] =>
    Object.entries(expected).flatMap(([name, [length, projection]]) => {
      const [actualLength, actualProjection] = shrunk(name, pick(outputs, prefix + name));
      // A shift before a convolution and its batch norm has no effect: its true gradient is 0, and what is left is rounding.
      const scale = Math.max(length, 1e-3 * golden.step.gradNorm);
      // A projection on random numbers of deviation 0.58 is about as long as what is projected.
      const error = Math.max(Math.abs(actualLength - length), Math.abs(actualProjection - projection)) / scale;
      return error < tolerance ? [] : [`${name}: ${error}`];
    });

  for (const engine of ENGINES)
    it(`has PyTorch's loss, gradients of every parameter and running averages, with the ${engine} engine`, () => {
      const outputs = runOnce(engine, gradientsComputation(network.network, 4, 4, true, settings), inputs);
      assert.ok(Math.abs((pick(outputs, 'loss')[0] ?? NaN) - golden.step.loss) < 1e-5);
      assert.equal(pick(outputs, 'right')[0], golden.step.right);
      assert.deepEqual(wrong('sum/', outputs, golden.step.gradients, 1e-3), []);
      assert.deepEqual(wrong('', outputs, golden.step.averages, 1e-5), []);
    });

  for (const [precision, lossScale, least] of [
    ['bfloat16', 1, 0.98],
    ['float16', 1024, 0.9995],
  ] as const)
    it(`has nearly the same gradients in ${precision}, times the loss scale`, () => {
      const full = runOnce('graph', gradientsComputation(network.network, 4, 4, true, settings), inputs);
      const scaled = new Map([...inputs, ['lossScale', Float32Array.of(lossScale)]]);
      const half = runOnce('graph', gradientsComputation(network.network, 4, 4, true, { ...settings, precision }), scaled);
      assert.ok(Math.abs((pick(full, 'loss')[0] ?? NaN) - (pick(half, 'loss')[0] ?? NaN)) < 0.02);
      const [a, b] = [pick(full, 'sum/head.weight'), pick(half, 'sum/head.weight')];
      const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, at) => sum + value * (y[at] ?? NaN), 0);
      const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      assert.ok(cosine > least && cosine < 0.99999999, String(cosine));
      assert.ok(Math.abs(Math.sqrt(dot(b, b) / dot(a, a)) / lossScale - 1) < 0.05);
    });
});

describe('AdamW after clipping', () => {
  const names = ['weight', 'bias'] as const;
  const shapes = { weight: [3, 4], bias: [4] };
  const spec = (name: string): [string, { shape: number[]; dtype: 'float32' }] => [
    name,
    { shape: shapes[name.endsWith('weight') ? 'weight' : 'bias'], dtype: 'float32' },
  ];
  const update: Computation = {
    name: 'adamw',
    training: true,
    inputs: new Map([
      ...names.flatMap((name) => [name, `m/${name}`, `v/${name}`, `g/${name}`].map(spec)),
      ...['keep', 'stepSize', 'correction'].map((name): [string, { shape: number[]; dtype: 'float32' }] => [
        name,
        { shape: [], dtype: 'float32' },
      ]),
    ]),
    build(k, inputs) {
      const gradients = new Map(names.map((name) => [name, pick(inputs, `g/${name}`)]));
      const { clip } = clipByGlobalNorm(k, gradients, 5, scalar(k, 1));
      const numbers = { clip, keep: pick(inputs, 'keep'), stepSize: pick(inputs, 'stepSize'), correction: pick(inputs, 'correction') };
      return new Map(
        names.flatMap((name) => {
          const state = { parameter: pick(inputs, name), m: pick(inputs, `m/${name}`), v: pick(inputs, `v/${name}`) };
          const moved = adamW(k, state, pick(gradients, name), numbers, { ...OPTIMIZER, decaying: name === 'weight' });
          return [
            [name, moved.parameter],
            [`m/${name}`, moved.m],
            [`v/${name}`, moved.v],
          ] as const;
        }),
      );
    },
  };

  for (const engine of ENGINES)
    it(`is PyTorch's after 100 steps within 1e-6, with the ${engine} engine`, function () {
      this.timeout(60_000);
      let state = new Map<string, Float32Array>([
        ['weight', seeded('adamw weight', 12, signed)],
        ['bias', seeded('adamw bias', 4, signed)],
      ]);
      for (let step = 0; step < 100; step++) {
        const numbers = namedNumbers(stepNumbers((1e-3 * (1 + step)) / 100, step + 1, OPTIMIZER)).map(
          ([name, value]): [string, Float32Array] => [name, Float32Array.of(value)],
        );
        const gradients = names.map((name): [string, Float32Array] => [
          `g/${name}`,
          seeded(`adamw gradient ${name} ${step}`, name === 'weight' ? 12 : 4, (u) => 4 * signed(u)),
        ]);
        state = runOnce(engine, update, new Map([...state, ...numbers, ...gradients]));
      }
      for (const name of names) assert.ok(relativeError(pick(state, name), golden.adamw[name]) < 1e-6);
    });
});

describe('the learning rate', () => {
  it("is that of PyTorch's LinearLR and CosineAnnealingLR one after the other", () => {
    const rates = golden.learningRates.map((_, step) => learningRate(step, 10, 3e-4, { epochs: 6, warmupEpochs: 1, minLr: 1e-6 }));
    golden.learningRates.forEach((expected, step) => assert.ok(Math.abs((rates[step] ?? NaN) - expected) < 1e-15, `step ${step}`));
  });

  it('is warmup alone where the warmup takes the whole run', () => {
    const rates = [0, 1, 2, 3].map((step) => learningRate(step, 2, 1, { epochs: 2, warmupEpochs: 5, minLr: 0 }));
    assert.deepEqual(rates, [0.1, 0.2, 0.3, 0.4]);
  });
});
