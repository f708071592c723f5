import assert from 'node:assert/strict';
import { constant, floatsOf, node, value } from '../../../../ml/onnx/build.js';
import { encodeModel, type OnnxModel } from '../../../../ml/onnx/messages.js';
import { equalize } from '../../../../ml/onnx/quantize/equalize.js';
import { observeChannels } from '../../../../ml/onnx/quantize/observe.js';
import { shapesOf } from '../../../../ml/onnx/quantize/shapes.js';
import { float32, floats, withSession } from '../../../../ml/onnx/session.js';
import { seeded } from '../seeded-network.js';
import { littlePhotos, SIDE } from './little-model.js';

/** Convolution, ReLU, depthwise convolution, ReLU, convolution: channels of the first are up to a thousand times larger than others. */
function model(): OnnxModel {
  const spread = [1, 0.01, 10, 0.1, 0, 3];
  const first = seeded('first', 6 * 3, (u) => 2 * u - 1).map((number, at) => number * (spread[Math.floor(at / 3)] ?? NaN));
  return {
    irVersion: 8,
    producerName: 'test',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: [],
    graph: {
      name: 'little',
      node: [
        node('Conv', ['photos', 'w1', 'b1'], 'one', { kernel_shape: [1, 1] }),
        node('Relu', ['one'], 'one.act'),
        node('Conv', ['one.act', 'w2', 'b2'], 'two', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: 6 }),
        node('Relu', ['two'], 'two.act'),
        node('Conv', ['two.act', 'w3', 'b3'], 'three', { kernel_shape: [1, 1] }),
      ],
      initializer: [
        constant('w1', [6, 3, 1, 1], first),
        constant(
          'b1',
          [6],
          Float32Array.from(spread, (one) => 0.1 * one),
        ),
        constant(
          'w2',
          [6, 1, 3, 3],
          seeded('second', 54, (u) => 2 * u - 1),
        ),
        constant('b2', [6], new Float32Array(6)),
        constant(
          'w3',
          [4, 6, 1, 1],
          seeded('third', 24, (u) => 2 * u - 1),
        ),
        constant('b3', [4], new Float32Array(4)),
      ],
      input: [value('photos', 'float32', ['N', 3, SIDE, SIDE])],
      output: [value('three', 'float32', ['N', 4, SIDE, SIDE])],
    },
  };
}

describe('equalising channels', () => {
  const photos = littlePhotos(4);
  const values = ['photos', 'one.act', 'two.act'];
  const silent = (): void => undefined;

  it('makes ranges alike where convolutions read them, and says the new ones', async () => {
    const before = await observeChannels(model(), photos, values, silent);
    const { model: scaled, ranges } = equalize(model(), await shapesOf(model(), photos), before, 1);
    const after = await observeChannels(scaled, photos, values, silent);
    for (const name of ['one.act', 'two.act']) {
      const reach = [...(after.get(name)?.max ?? [])];
      assert.ok(Math.max(...reach) < 1.001 * Math.min(...reach.filter((one) => one > 0)));
      assert.equal(reach[4], 0);
    }
    for (const name of values)
      after.get(name)?.max.forEach((max, channel) => {
        assert.ok(Math.abs(max - (ranges.get(name)?.max[channel] ?? NaN)) <= 1e-5 * max);
      });
    assert.deepEqual(ranges.get('photos'), before.get('photos'));
  });

  it('leaves what a dense layer reads as it is', async () => {
    const dense = model();
    dense.graph.node.splice(
      -1,
      1,
      node('GlobalAveragePool', ['two.act'], 'pool'),
      node('Flatten', ['pool'], 'flat', { axis: 1 }),
      node('Gemm', ['flat', 'w3', 'b3'], 'three', { transB: 1 }),
    );
    for (const tensor of dense.graph.initializer) if (tensor.name === 'w3') tensor.dims = [4, 6];
    const before = await observeChannels(dense, photos, ['one.act', 'two.act', 'pool'], silent);
    const { ranges } = equalize(dense, await shapesOf(dense, photos), before, 1);
    assert.notDeepEqual(ranges.get('one.act'), before.get('one.act'));
    for (const name of ['two.act', 'pool']) assert.deepEqual(ranges.get(name), before.get(name));
  });

  it('changes nothing of what the network computes, and nothing at all at strength 0', async () => {
    const ranges = await observeChannels(model(), photos, values, silent);
    const shapes = await shapesOf(model(), photos);
    const run = (one: OnnxModel): Promise<Float32Array> =>
      withSession(encodeModel(one), { threads: 1 }, async (session) => {
        const data = new Float32Array(3 * SIDE * SIDE);
        photos.fill(0, data, 0);
        return floats(await session.run({ photos: float32(data, [1, 3, SIDE, SIDE]) }), 'three').slice();
      });
    const wanted = await run(model());
    const got = await run(equalize(model(), shapes, ranges, 0.7).model);
    const size = Math.max(...wanted.map(Math.abs));
    assert.ok(wanted.every((number, at) => Math.abs(number - (got[at] ?? NaN)) < 1e-5 * size));
    const same = equalize(model(), shapes, ranges, 0).model.graph.initializer;
    model().graph.initializer.forEach((tensor, at) => assert.deepEqual(floatsOf(same[at] ?? tensor), floatsOf(tensor)));
  });
});
