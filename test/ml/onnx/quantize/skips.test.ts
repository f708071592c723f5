import assert from 'node:assert/strict';
import { constant, node, value } from '../../../../ml/onnx/build.js';
import { encodeModel, type OnnxModel, type OnnxNode } from '../../../../ml/onnx/messages.js';
import { equalize } from '../../../../ml/onnx/quantize/equalize.js';
import { observeChannels } from '../../../../ml/onnx/quantize/observe.js';
import { BEST, quantize } from '../../../../ml/onnx/quantize/quantize.js';
import { Names } from '../../../../ml/onnx/quantize/names.js';
import { shapesOf } from '../../../../ml/onnx/quantize/shapes.js';
import { separateSkips as separate } from '../../../../ml/onnx/quantize/skips.js';
import { float32, floats, withSession } from '../../../../ml/onnx/session.js';
import { seeded } from '../seeded-network.js';
import { littleModel, littlePhotos, SIDE } from './little-model.js';

const CHANNELS = 6;

/** A first block as MobileNetV3's, with channels of unlike size in `stem`; `adds` are the inputs of its Add. */
function block(adds: readonly [string, string] = ['project', 'stem']): OnnxModel {
  const spread = [1, 0.01, 10, 0.1, 0.3, 3];
  const draw = (name: string, count: number): Float32Array => seeded(name, count, (u) => 2 * u - 1);
  const bias = (name: string, channels: number): ReturnType<typeof constant> => constant(name, [channels], new Float32Array(channels));
  const nodes: OnnxNode[] = [
    node('Conv', ['photos', 'w1', 'b1'], 'first', { kernel_shape: [1, 1] }),
    node('Relu', ['first'], 'stem'),
    node('Conv', ['stem', 'w2', 'b2'], 'deep', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: CHANNELS }),
    node('Relu', ['deep'], 'deep.act'),
    node('Conv', ['deep.act', 'w3', 'b3'], 'project', { kernel_shape: [1, 1] }),
    node('Add', adds, 'added'),
    node('Conv', ['added', 'w4', 'b4'], 'last', { kernel_shape: [1, 1] }),
  ];
  const first = draw('first', CHANNELS * 3).map((number, at) => number * (spread[Math.floor(at / 3)] ?? NaN));
  return {
    irVersion: 8,
    producerName: 'test',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: [],
    graph: {
      name: 'block',
      node: nodes,
      initializer: [
        constant('w1', [CHANNELS, 3, 1, 1], first),
        bias('b1', CHANNELS),
        constant('w2', [CHANNELS, 1, 3, 3], draw('second', 9 * CHANNELS)),
        bias('b2', CHANNELS),
        constant('w3', [CHANNELS, CHANNELS, 1, 1], draw('third', CHANNELS * CHANNELS)),
        bias('b3', CHANNELS),
        constant('w4', [4, CHANNELS, 1, 1], draw('fourth', 4 * CHANNELS)),
        bias('b4', 4),
      ],
      input: [value('photos', 'float32', ['N', 3, SIDE, SIDE])],
      output: [value('last', 'float32', ['N', 4, SIDE, SIDE])],
    },
  };
}

const photos = littlePhotos(8);
const separateSkips = (model: OnnxModel): OnnxModel => separate(model, new Names(model.graph));
const silent = (): void => undefined;

async function run(model: OnnxModel): Promise<Float32Array> {
  const each = 3 * SIDE * SIDE;
  const data = new Float32Array(photos.count * each);
  for (let index = 0; index < photos.count; index++) photos.fill(index, data, index * each);
  return withSession(encodeModel(model), { threads: 1 }, async (session) =>
    floats(await session.run({ photos: float32(data, [photos.count, 3, SIDE, SIDE]) }), 'last').slice(),
  );
}

function error(exact: Float32Array, other: Float32Array): number {
  return (
    exact.reduce((sum, number, at) => sum + (number - (other[at] ?? NaN)) ** 2, 0) / exact.reduce((sum, number) => sum + number ** 2, 0)
  );
}

describe('separating skips', () => {
  it('gives an Add what a depthwise convolution reads, too, through weights of its own, and changes nothing of what is computed', async () => {
    const separated = separateSkips(block());
    const add = separated.graph.node.find(({ opType }) => opType === 'Add');
    assert.deepEqual(add?.input, ['project', 'stem/skip']);
    assert.equal(separated.graph.node.length, block().graph.node.length + 1);
    assert.ok(error(await run(block()), await run(separated)) < 1e-12);
  });

  it('adds one convolution where the value is added to itself', async () => {
    const twice = block(['stem', 'stem']);
    const separated = separateSkips(twice);
    assert.equal(separated.graph.node.filter(({ output }) => output[0] === 'stem/skip').length, 1);
    assert.ok(error(await run(twice), await run(separated)) < 1e-12);
  });

  it('leaves alone what could not be scaled: a value behind HardSwish', () => {
    assert.deepEqual(separateSkips(littleModel()), littleModel());
  });

  it('lets channels be scaled for the depthwise convolution without those of the sum', async () => {
    const separated = separateSkips(block());
    const before = await observeChannels(separated, photos, ['stem', 'stem/skip', 'project', 'added'], silent);
    const { model, ranges } = equalize(separated, await shapesOf(separated, photos), before, 1);
    const reach = [...(ranges.get('stem')?.max ?? [])];
    assert.ok(Math.max(...reach) < 1.001 * Math.min(...reach));
    const skip = ranges.get('stem/skip')?.max ?? [];
    assert.ok(Math.max(...skip) > 10 * Math.min(...skip));
    assert.ok(error(await run(block()), await run(model)) < 1e-10);
  });

  it('makes the integer network better', async () => {
    const exact = await run(block());
    const lost = async (equalization: number): Promise<number> =>
      error(exact, await run((await quantize(block(), photos, { ...BEST, equalization, progress: silent })).model));
    const [without, withSkips] = [await lost(0), await lost(BEST.equalization)];
    assert.ok(withSkips < 0.7 * without, `${withSkips} of ${without}`);
  });
});
