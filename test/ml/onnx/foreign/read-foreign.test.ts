import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { compareOutputs, relativeError } from '../../../../ml/onnx/quantize/agreement.js';
import { readForeign } from '../../../../ml/onnx/foreign/read-foreign.js';
import { floatTime } from '../../../../ml/onnx/quantize/float-time.js';
import { BEST, quantize, type Quantized } from '../../../../ml/onnx/quantize/quantize.js';
import { encodeModel } from '../../../../ml/onnx/messages.js';
import type { PhotoSource } from '../../../../ml/onnx/photos.js';
import { withSession } from '../../../../ml/onnx/session.js';
import { seeded } from '../seeded-network.js';

/** Made by golden/foreign.py with onnx. */
const GOLDEN = 'test/ml/onnx/foreign/golden';
const SIDE = 32;

function photos(count: number, name: string): PhotoSource {
  return {
    count,
    crop: SIDE,
    fill: (index, out, offset) => {
      const parts = seeded(`${name}${index}`, 12, (u) => 2 * u - 1);
      for (let at = 0; at < 3 * SIDE * SIDE; at++) {
        const [channel, place] = [Math.floor(at / (SIDE * SIDE)), at % (SIDE * SIDE)];
        const [a = 0, b = 0, c = 0, d = 0] = parts.subarray(4 * channel, 4 * channel + 4);
        out[offset + at] = a + b * Math.sin(((place % SIDE) * c) / 2) + d * Math.cos((Math.floor(place / SIDE) * b) / 2);
      }
    },
  };
}

describe('networks as others export them', () => {
  const calibrating = photos(32, 'seen');
  /** Between two of the photos that calibrate: colours that they never had would be judged by chance. */
  const unseen: PhotoSource = {
    ...calibrating,
    count: calibrating.count - 1,
    fill: (index, out, offset) => {
      const [one, other] = [new Float32Array(3 * SIDE * SIDE), new Float32Array(3 * SIDE * SIDE)];
      calibrating.fill(index, one, 0);
      calibrating.fill(index + 1, other, 0);
      out.set(
        one.map((number, at) => (number + (other[at] ?? NaN)) / 2),
        offset,
      );
    },
  };
  const made = async (name: string): Promise<{ readonly quantized: Quantized; readonly error: number }> => {
    const path = join(GOLDEN, `${name}.onnx`);
    const { model, input, reference } = await readForeign(await readFile(path), path);
    const quantized = await quantize(model, calibrating, { ...BEST, reference, progress: () => undefined });
    const [errors = []] = await compareOutputs(reference, [quantized.model], input, unseen);
    return { quantized, error: relativeError(errors) };
  };

  const KINDS: Readonly<Record<string, string>> = {
    'add-broadcast': 'an Add of one channel and sixteen',
    'batch-folded': 'channels folded into the batch',
    'batch-mixed': 'photos and channels that change places',
    'shared-weights': 'two convolutions of the same weights before hard sigmoids of other slopes',
    'initializers-as-inputs': 'initializers that are inputs as well',
    'slice-to-the-end': 'a slice to 2^63 - 1, given as numbers',
    'names-of-ours': 'names that we would give ourselves',
    'constant-nodes': 'constants and identities as nodes',
    'batch-of-one': 'a fixed batch of one',
    'batch-of-five': 'a fixed batch of five, which the photos do not fill',
    'relu-last': 'a ReLU as its output',
    outside: 'weights in another file',
    'moved-and-joined': 'shuffled, pooled, joined and gated values',
    'means-over-the-image': 'means over the image as numbers of axes',
  };
  for (const [name, kind] of Object.entries(KINDS))
    it(`keeps what a network with ${kind} says`, async () => {
      const { quantized, error } = await made(name);
      assert.ok(error < 0.005, `${error}`);
      assert.ok(quantized.proof.prepared < 1e-9, `${quantized.proof.prepared}`);
      assert.ok(quantized.proof.error <= quantized.proof.plain);
    });

  it('leaves nothing in float whose constants came as nodes', async () => {
    assert.deepEqual((await made('constant-nodes')).quantized.float, []);
  });

  it('computes in integers what is moved, pooled, joined and gated, and means over the image', async () => {
    assert.deepEqual((await made('means-over-the-image')).quantized.float, []);
    // A ReLU behind a MaxPool is no clip of a quantiser.
    assert.deepEqual(
      (await made('moved-and-joined')).quantized.float.map(({ op }) => op),
      ['Relu', 'Reshape', 'Transpose', 'Reshape', 'Slice', 'AveragePool', 'Concat'],
    );
  });

  it('says how much of the time its operators in float take', async () => {
    const { quantized } = await made('moved-and-joined');
    const times = await floatTime(quantized.model, calibrating);
    assert.ok(times.some(({ op, share }) => op === 'Relu' && share > 0 && share < 1));
    assert.ok(times.reduce((sum, { share }) => sum + share, 0) < 1);
  });

  it('keeps a fixed batch, and gives a photo the same answer in it as alone', async () => {
    const { quantized } = await made('batch-of-five');
    const data = new Float32Array(5 * 3 * SIDE * SIDE);
    for (let photo = 0; photo < 5; photo++) unseen.fill(photo, data, photo * 3 * SIDE * SIDE);
    await withSession(encodeModel(quantized.model), { threads: 1 }, async (session) => {
      const { y } = await session.run({ x: new Tensor('float32', data, [5, 3, SIDE, SIDE]) });
      assert.deepEqual(y?.dims, [5, 10]);
    });
  });
});
