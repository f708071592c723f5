import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { readHdf5 } from '../../../ml/weights/hdf5.js';
import { isOptimizerState } from '../../../ml/weights/names.js';
import { seeded } from '../onnx/seeded-network.js';

/** Made by golden/keras_files.py with Keras and h5py. */
const GOLDEN = 'test/ml/weights/golden';
const signal = new AbortController().signal;
const read = (file: string): ReturnType<typeof readHdf5> => readHdf5(join(GOLDEN, file), { signal });

/** The variables of the small network, as the script names them, and where each file has them. */
const SMALL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'keras3.weights.h5': {
    'conv/kernel': 'conv/0',
    'conv_bn/moving_variance': 'conv_bn/3',
    'expanded_conv_depthwise/kernel': 'expanded_conv_depthwise/0',
  },
  'numbered.weights.h5': {
    'conv/kernel': 'layers/conv2d/vars/0',
    'conv_bn/moving_variance': 'layers/batch_normalization/vars/3',
    'expanded_conv_depthwise/kernel': 'layers/depthwise_conv2d/vars/0',
  },
  'keras2.h5': {
    'conv/kernel': 'Conv/Conv/kernel:0',
    'conv_bn/moving_variance': 'Conv/BatchNorm/Conv/BatchNorm/moving_variance:0',
    'expanded_conv_depthwise/kernel': 'expanded_conv/depthwise/expanded_conv/depthwise/depthwise_kernel:0',
  },
  'whole.h5': {
    'conv/kernel': 'model_weights/conv/conv/kernel',
    'conv_bn/moving_variance': 'model_weights/conv_bn/conv_bn/moving_variance',
    'expanded_conv_depthwise/kernel': 'model_weights/expanded_conv_depthwise/expanded_conv_depthwise/kernel',
  },
};
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'conv/kernel': [3, 3, 3, 4],
  'conv_bn/moving_variance': [4],
  'expanded_conv_depthwise/kernel': [3, 3, 4, 1],
};
const TRANSFORMS: Readonly<Record<string, (u: number) => number>> = {
  'conv/kernel': (u) => (2 * u - 1) * Math.sqrt(6 / 27),
  'conv_bn/moving_variance': (u) => 0.5 + u,
  'expanded_conv_depthwise/kernel': (u) => (2 * u - 1) * Math.sqrt(6 / 9),
};

describe('HDF5 files', function () {
  this.timeout(20_000);
  for (const [file, kernel] of [
    ['compiled.weights.h5', 'conv/0'],
    ['compiled.h5', 'model_weights/conv/sequential/conv/kernel'],
  ] as const)
    it(`reads ${file} of a compiled model, and knows its optimiser's state from its weights`, async () => {
      const names = [...(await read(file)).keys()];
      const weights = names.filter((name) => !isOptimizerState(name));
      assert.ok(weights.includes(kernel));
      assert.equal(weights.length, 6);
      assert.equal(names.length, 6 + 9);
    });

  for (const [file, names] of Object.entries(SMALL))
    it(`reads every tensor of ${file} as Keras has it`, async () => {
      const tensors = await read(file);
      assert.equal(tensors.size, 6);
      for (const [ours, theirs] of Object.entries(names)) {
        const shape = SHAPES[ours] ?? assert.fail(ours);
        const count = shape.reduce((product, side) => product * side, 1);
        assert.deepEqual(tensors.get(theirs), { shape, data: seeded(ours, count, TRANSFORMS[ours] ?? assert.fail(ours)) }, theirs);
      }
    });

  const REFUSED: Readonly<Record<string, RegExp>> = {
    'external_link.h5': /conv\/kernel in it is a link to elsewhere/,
    'external_data.h5': /unable to open external raw data file/,
    'virtual.h5': /its numbers lie in other files/,
    'claim.h5': /claim more than the file holds/,
    'compressed.h5': /compressed \(deflate\)/,
    'half.h5': /not of little-endian float32/,
    'zip.pth': /./,
  };
  for (const [file, message] of Object.entries(REFUSED)) it(`refuses ${file}`, () => assert.rejects(read(file), refusal(message)));

  it('reads a file that contains itself once', async () => {
    assert.deepEqual([...(await read('loop.h5')).keys()], ['conv/kernel']);
  });

  it('gives up on a file that takes too long, and when it is told to', async () => {
    const file = join(GOLDEN, 'keras3.weights.h5');
    await assert.rejects(readHdf5(file, { signal, limitMs: 1 }), refusal(/not read in 0.001 s/));
    const reason = new Error('cancelled');
    await assert.rejects(readHdf5(file, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  });

  describe('that are damaged', () => {
    let folder: string;
    before(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-hdf5-'))));
    after(() => rm(folder, { recursive: true }));
    const readBytes = async (bytes: Uint8Array): ReturnType<typeof readHdf5> => {
      const file = join(folder, 'weights.h5');
      await writeFile(file, bytes);
      return readHdf5(file, { signal });
    };

    it('are refused wherever they are cut short', async () => {
      const whole = await readFile(join(GOLDEN, 'keras3.weights.h5'));
      for (let part = 0; part < 4; part++)
        await assert.rejects(readBytes(whole.subarray(0, (whole.length * part) / 4)), refusal(/./), `${part}/4`);
    });

    it('end in tensors or a refusal, whichever byte is flipped', async () => {
      const whole = await readFile(join(GOLDEN, 'numbered.weights.h5'));
      for (let at = 0; at < whole.length; at += 1499) {
        const flipped = Buffer.from(whole);
        flipped[at] = flipped.readUInt8(at) ^ 0xff;
        await readBytes(flipped).catch((error: unknown) => assert.ok(refusal(/./)(error), `byte ${at}: ${String(error)}`));
      }
    });
  });
});

function refusal(message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === 'WEIGHTS' && message.test(error.message);
}
