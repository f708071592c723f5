import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { floatsOf, node } from '../../../../ml/onnx/build.js';
import { decodeModel, encodeModel, type OnnxModel } from '../../../../ml/onnx/messages.js';
import type { PhotoSource } from '../../../../ml/onnx/photos.js';
import { BEST, quantize, type Quantized } from '../../../../ml/onnx/quantize/quantize.js';
import { float32, floats, withSession } from '../../../../ml/onnx/session.js';
import { littleModel, littlePhotos, SIDE } from './little-model.js';

const silent = (): void => undefined;
const best = { ...BEST, progress: silent };

function all(source: PhotoSource): Float32Array {
  const each = 3 * SIDE * SIDE;
  const data = new Float32Array(source.count * each);
  for (let index = 0; index < source.count; index++) source.fill(index, data, index * each);
  return data;
}

async function headOf(model: OnnxModel, source: PhotoSource): Promise<Float32Array> {
  return withSession(encodeModel(model), { threads: 1 }, async (session) => {
    const results = await session.run({ photos: float32(all(source), [source.count, 3, SIDE, SIDE]) });
    return floats(results, 'head').slice();
  });
}

/** Squared difference over the variance between photos. */
function relativeError(exact: Float32Array, other: Float32Array, photos: number): number {
  const columns = exact.length / photos;
  let error = 0;
  let variance = 0;
  for (let column = 0; column < columns; column++) {
    const own = Array.from({ length: photos }, (_, row) => exact[row * columns + column] ?? NaN);
    const mean = own.reduce((sum, number) => sum + number, 0) / photos;
    own.forEach((number, row) => {
      error += (number - (other[row * columns + column] ?? NaN)) ** 2;
      variance += (number - mean) ** 2;
    });
  }
  return error / variance;
}

async function optimizedOperators(model: OnnxModel): Promise<Map<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'emo-aen-optimized-'));
  try {
    const optimizedModel = join(folder, 'optimized.onnx');
    await withSession(encodeModel(model), { threads: 1, optimizedModel }, async () => undefined);
    const { graph } = decodeModel(await readFile(optimizedModel));
    const counts = new Map<string, number>();
    for (const { opType } of graph.node) counts.set(opType, (counts.get(opType) ?? 0) + 1);
    return counts;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('static INT8 quantisation', () => {
  const model = littleModel();
  const unseen = littlePhotos(32, 'unseen');
  let exact: Float32Array;
  let quantized: Quantized;
  before(async () => {
    exact = await headOf(model, unseen);
    quantized = await quantize(model, littlePhotos(64), best);
  });

  it('keeps what the network says of photos that it was not calibrated on', async () => {
    assert.ok(relativeError(exact, await headOf(quantized.model, unseen), unseen.count) < 0.01);
  });

  it('computes in integers from the first convolution to the last: nothing but the head gives floats', async () => {
    const counts = Object.fromEntries(await optimizedOperators(quantized.model));
    assert.deepEqual(counts, {
      QuantizeLinear: 1,
      Transpose: 2,
      QLinearConv: 6,
      QLinearLeakyRelu: 2,
      QLinearMul: 3,
      QLinearAdd: 1,
      QLinearGlobalAveragePool: 2,
      Flatten: 1,
      QGemm: 1,
    });
  });

  it('splits and joins integers, as ShuffleNet shuffles channels', async () => {
    const shuffling = littleModel();
    const last = shuffling.graph.node.findIndex(({ output }) => output[0] === 'last');
    const reader = shuffling.graph.node[last];
    assert.ok(reader !== undefined);
    reader.input[0] = 'joined';
    const split = { ...node('Split', ['added'], 'part 1', { axis: 1 }), output: ['part 1', 'part 2'] };
    shuffling.graph.node.splice(last, 0, split, node('Concat', ['part 2', 'part 1'], 'joined', { axis: 1 }));
    const made = await quantize(shuffling, littlePhotos(64), best);
    const counts = await optimizedOperators(made.model);
    assert.deepEqual([counts.get('QLinearConcat'), counts.get('Split'), counts.get('DequantizeLinear')], [1, 1, undefined]);
    assert.deepEqual(made.float, quantized.float);
    assert.ok(relativeError(await headOf(shuffling, unseen), await headOf(made.model, unseen), unseen.count) < 0.02);
  });

  it('means the same to a runtime that knows no integer kernels', async () => {
    const plain = await InferenceSession.create(encodeModel(quantized.model), { graphOptimizationLevel: 'disabled' });
    const results = await plain.run({ photos: float32(all(unseen), [unseen.count, 3, SIDE, SIDE]) });
    // Fused kernels round at other places: some steps differ by one.
    assert.ok(relativeError(floats(results, 'head'), await headOf(quantized.model, unseen), unseen.count) < 0.002);
    await plain.release();
  });

  it('leaves a smaller error with bias correction than without', async () => {
    const photos = littlePhotos(64);
    const target = await headOf(model, photos);
    const plain = await quantize(model, photos, { ...best, biasCorrection: false });
    const means = async (of: OnnxModel): Promise<number> => {
      const head = await headOf(of, photos);
      let worst = 0;
      for (let column = 0; column < 16; column++) {
        let sum = 0;
        for (let row = 0; row < 64; row++) sum += (head[16 * row + column] ?? NaN) - (target[16 * row + column] ?? NaN);
        worst = Math.max(worst, Math.abs(sum / 64));
      }
      return worst;
    };
    assert.ok((await means(quantized.model)) < 0.1 * (await means(plain.model)));
    assert.deepEqual(plain.biasChanges, []);
  });

  it('gives the same bytes for the same photos', async () => {
    const again = await quantize(littleModel(), littlePhotos(64), best);
    assert.equal(Buffer.compare(encodeModel(again.model), encodeModel(quantized.model)), 0);
  });

  it('reports every quantised value, the worst first, and what stayed in float', () => {
    const named = quantized.values.map(({ value }) => value).sort();
    const all = [
      'added',
      'average',
      'deep.act',
      'fc1.act',
      'gate',
      'last',
      'last.act',
      'photos',
      'pool',
      'project',
      'scaled',
      'stem',
      'stem.act',
    ];
    assert.deepEqual(named, all);
    assert.deepEqual(quantized.float, []);
    assert.deepEqual(quantized.roundedToNearest, []);
    assert.ok(quantized.values.every(({ scale, zeroPoint }) => scale > 0 && zeroPoint >= 0 && zeroPoint <= 255));
    const errors = quantized.values.map(({ error }) => error);
    assert.deepEqual(
      errors,
      errors.toSorted((one, other) => other - one),
    );
    assert.ok(errors.every((error) => error > 0 && error < 0.05));
  });

  it('falls back to plain ranges where those that were asked for are worse on the calibrating photos, and says so', async () => {
    const clipped = await quantize(model, littlePhotos(64), { ...best, ranges: 'percentile', percentile: 0.6 });
    assert.ok(clipped.values.every(({ by }) => by === 'min-max'));
    assert.equal(clipped.proof.error, clipped.proof.plain);
    assert.match(clipped.proof.notes.join(), /made without anything but plain ranges: with it the error was/);
    assert.ok(relativeError(exact, await headOf(clipped.model, unseen), unseen.count) < 0.05);
    assert.ok(quantized.proof.error < quantized.proof.plain);
  });

  it('refuses to make what keeps nothing of the answers', async () => {
    const huge = littleModel();
    for (const tensor of huge.graph.initializer) {
      if (tensor.name !== 'last.bias') continue;
      // One channel beside which all others are less than a step of the grid; the head takes it back.
      const numbers = floatsOf(tensor);
      numbers[0] = 1e6;
      tensor.rawData = new Uint8Array(numbers.buffer);
    }
    for (const tensor of huge.graph.initializer) {
      if (tensor.name !== 'head.weight') continue;
      const numbers = floatsOf(tensor);
      for (let row = 0; row < 16; row++) numbers[48 * row] = 0;
      tensor.rawData = new Uint8Array(numbers.buffer);
    }
    await assert.rejects(quantize(huge, littlePhotos(16), best), /INT8 keeps nothing of what the network says/);
  });

  it('loses nothing of a range with min-max', async () => {
    const { values } = await quantize(model, littlePhotos(64), { ...best, ranges: 'min-max', equalization: 0 });
    for (const { value, scale, zeroPoint, seen } of values) {
      if (value === 'stem' || value === 'last') continue; // before HardSwish the range begins at -3
      assert.ok((255 - zeroPoint) * scale > seen.max - scale && -zeroPoint * scale < Math.min(0, seen.min) + scale);
    }
  });

  it('keeps inputs, outputs and metadata of the model', () => {
    assert.deepEqual(quantized.model.graph.input, model.graph.input);
    assert.deepEqual(quantized.model.graph.output, model.graph.output);
    assert.deepEqual(quantized.model.metadataProps, model.metadataProps);
  });

  it('tells progress up to the last photo and the last layer', async () => {
    const told: string[] = [];
    await quantize(model, littlePhotos(5), {
      ...best,
      progress: ({ message, done, total }) => told.push(`${message} ${done}/${total}`),
    });
    assert.ok(told.includes('calibrating 5/5'));
    assert.ok(told.includes('rounding weights and correcting biases 7/7'));
    assert.equal(told.at(-1), 'comparing INT8 with the float network 5/5');
  });

  it('leaves an operator that it does not know in float, and names it', async () => {
    const other = littleModel({ unknown: 'Softplus' });
    const result = await quantize(other, littlePhotos(64), best);
    assert.deepEqual(
      result.float.map(({ op }) => op),
      ['Softplus', 'GlobalAveragePool', 'Flatten', 'Gemm'],
    );
    const [before, after] = [await headOf(other, unseen), await headOf(result.model, unseen)];
    assert.ok(relativeError(before, after, unseen.count) < 0.02);
  });

  it('stands a channel that never changes', async () => {
    const dead = littleModel();
    for (const tensor of dead.graph.initializer)
      if (tensor.name === 'deep.weight' || tensor.name === 'deep.bias') tensor.rawData = new Uint8Array(tensor.rawData?.length ?? 0);
    const { model: result } = await quantize(dead, littlePhotos(16), best);
    const [before, after] = [await headOf(dead, unseen), await headOf(result, unseen)];
    assert.ok(relativeError(before, after, unseen.count) < 0.02);
  });

  it('stands weights of extreme scale', async () => {
    const extreme = littleModel();
    for (const tensor of extreme.graph.initializer) {
      if (tensor.name !== 'deep.weight') continue;
      const numbers = floatsOf(tensor);
      // A depthwise convolution: nine weights a channel.
      for (let at = 0; at < 9; at++) numbers[at] = (numbers[at] ?? 0) * 1e-30;
      for (let at = 9; at < 18; at++) numbers[at] = (numbers[at] ?? 0) * 10;
      tensor.rawData = new Uint8Array(numbers.buffer);
    }
    const { model: result } = await quantize(extreme, littlePhotos(16), best);
    const [before, after] = [await headOf(extreme, unseen), await headOf(result, unseen)];
    const lost = relativeError(before, after, unseen.count);
    assert.ok(lost < 0.05, `${lost}`);
  });

  it('refuses to calibrate on photos without any difference: nothing would tell what INT8 loses', async () => {
    const black: PhotoSource = { count: 4, crop: SIDE, fill: (_, out, offset) => out.fill(0, offset, offset + 3 * SIDE * SIDE) };
    await assert.rejects(quantize(model, black, best), /INT8 keeps nothing of what the network says/);
  });

  it('gives a layer without a bias one that is corrected', async () => {
    const plain = littleModel();
    for (const each of plain.graph.node) if (each.opType === 'Conv') each.input.length = 2;
    const { model: result } = await quantize(plain, littlePhotos(64), best);
    assert.ok(relativeError(await headOf(plain, unseen), await headOf(result, unseen), unseen.count) < 0.02);
  });

  it('refuses to calibrate on nothing', async () => {
    await assert.rejects(quantize(model, littlePhotos(0), best), /no photos to calibrate with/);
  });

  it('ends where progress throws', async () => {
    const stop = new Error('cancelled');
    const progress = (): never => {
      throw stop;
    };
    await assert.rejects(quantize(model, littlePhotos(8), { ...best, progress }), stop);
  });
});
