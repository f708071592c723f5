import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constant, floatsOf, node, value } from '../../../ml/onnx/build.js';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { decodeModel, encodeModel, type OnnxModel } from '../../../ml/onnx/messages.js';
import { float32, floats, withSession } from '../../../ml/onnx/session.js';
import { storeWeightsAsInt8 } from '../../../ml/onnx/weight-only.js';
import { LARGE, seededNetwork, seededPhotos } from './seeded-network.js';

/** One dense layer of `weights` [2, 32], without bias to speak of. */
function dense(weights: Float32Array): OnnxModel {
  return {
    irVersion: 8,
    producerName: 'test',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: [],
    graph: {
      name: 'dense',
      node: [node('Gemm', ['x', 'w', 'b'], 'y', { transB: 1 })],
      initializer: [constant('w', [2, 32], weights), constant('b', [2], new Float32Array(2))],
      input: [value('x', 'float32', [1, 32])],
      output: [value('y', 'float32', [1, 2])],
    },
  };
}

const first = (weight: number): Float32Array => Float32Array.from({ length: 64 }, (_, at) => (at === 0 ? weight : at < 32 ? 0 : 0.5));

describe('weights stored as int8', () => {
  it('make a file of a quarter the size, with nearly the same embeddings', async () => {
    const float = exportNetwork(seededNetwork(LARGE), { opset: 17, crop: 224, metadata: { a: '1' } });
    const { model } = storeWeightsAsInt8(float);
    const [whole, small] = [encodeModel(float), encodeModel(model)];
    assert.ok(small.length / whole.length < 0.285, String(small.length / whole.length));
    assert.deepEqual(model.metadataProps, float.metadataProps);
    const photos = { photos: float32(seededPhotos(), [2, 3, 224, 224]) };
    const run = (bytes: Uint8Array): Promise<Float32Array> =>
      withSession(bytes, { threads: 1 }, async (session) => floats(await session.run(photos), 'embedding'));
    const [exact, stored] = [await run(whole), await run(small)];
    const cosine = exact.slice(0, 512).reduce((sum, number, at) => sum + number * (stored[at] ?? NaN), 0);
    // Drawn weights amplify every difference; trained ones keep an error of 0.003 of the variance between photos.
    assert.ok(cosine > 0.95 && cosine < 0.9999999, String(cosine));
  });

  it('are float again in the graph that onnxruntime runs: nothing is computed from int8 for each photo', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emo-aen-weights-'));
    try {
      const { model } = storeWeightsAsInt8(exportNetwork(seededNetwork(LARGE), { opset: 17, crop: 224, metadata: {} }));
      const optimizedModel = join(folder, 'optimised.onnx');
      await withSession(encodeModel(model), { threads: 1, optimizedModel }, () => Promise.resolve());
      const { graph } = decodeModel(await readFile(optimizedModel));
      assert.deepEqual(
        graph.node.filter(({ opType }) => ['Cast', 'DequantizeLinear'].includes(opType)),
        [],
      );
      assert.ok(model.graph.node.some(({ opType }) => opType === 'Cast'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('differ from the floats by half a step of their channel at most', () => {
    const float = exportNetwork(seededNetwork(LARGE), { opset: 17, crop: 224, metadata: {} });
    const { model, weights } = storeWeightsAsInt8(float);
    const was = new Map(float.graph.initializer.map((tensor) => [tensor.name, tensor]));
    const is = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
    assert.ok(weights.length > 30);
    for (const { weight, error } of weights) {
      const [numbers, steps, scales] = [was.get(weight), is.get(`${weight}/int8`), is.get(`${weight}/scale`)];
      assert.ok(numbers && steps?.rawData && scales);
      const [floatNumbers, int8, scale] = [floatsOf(numbers), new Int8Array(steps.rawData), floatsOf(scales)];
      const perChannel = int8.length / scale.length;
      for (const [at, step] of int8.entries()) {
        const own = scale[Math.floor(at / perChannel)] ?? NaN;
        assert.ok(Math.abs((floatNumbers[at] ?? NaN) - step * own) <= own * 0.50001, `${weight} ${at}`);
      }
      assert.ok(error > 0 && error < 1e-3, `${weight}: ${error}`);
    }
  });

  it('leave float what has few weights a channel: depthwise convolutions', () => {
    const { weights } = storeWeightsAsInt8(exportNetwork(seededNetwork(LARGE), { opset: 17, crop: 224, metadata: {} }));
    assert.ok(weights.every(({ weight }) => !weight.startsWith('features.0.')));
  });

  it('take channels of zeros and weights of extreme scale', () => {
    for (const [weight, expected] of [
      [0, 0],
      [3e38, 3e38],
      [-1e-30, -1e-30],
      [1e-45, 0],
    ] as const) {
      const { model } = storeWeightsAsInt8(dense(first(weight)));
      const tensors = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
      const [steps, scale] = [tensors.get('w/int8')?.rawData, tensors.get('w/scale')];
      assert.ok(steps && scale);
      const stored = (new Int8Array(steps)[0] ?? NaN) * (floatsOf(scale)[0] ?? NaN);
      assert.ok(Math.abs(stored - expected) <= 1e-6 * Math.abs(expected), `${weight} became ${stored}`);
    }
  });

  it('give the same bytes each time', () => {
    const bytes = (): Uint8Array => encodeModel(storeWeightsAsInt8(dense(first(2))).model);
    assert.equal(Buffer.compare(bytes(), bytes()), 0);
  });
});
