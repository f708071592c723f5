import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import sharp from 'sharp';
import { writeView } from '../../../ml/images/augment.js';
import { readSquare } from '../../../ml/images/read-square.js';
import { INPUT } from '../../../ml/network/network.js';
import { value } from '../../../ml/onnx/build.js';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { encodeModel, type OnnxModel } from '../../../ml/onnx/messages.js';
import { toPlanes } from '../../../ml/onnx/photos.js';
import { PIXELS, withPreprocessing } from '../../../ml/onnx/pixels.js';
import { float32, floats, withSession } from '../../../ml/onnx/session.js';
import { madePhoto, PHOTO_SIZES } from './made-photo.js';
import { MINIMALISTIC, seededNetwork } from './seeded-network.js';

const VIEW = { size: 256, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const AREA = VIEW.crop * VIEW.crop;

interface Golden {
  readonly kept: readonly number[];
  readonly photos: readonly { readonly width: number; readonly height: number; readonly bytes: readonly number[] }[];
}

describe('preparation of photos inside the model', () => {
  /** Nothing but the preparation: its result is the output. */
  const alone: OnnxModel = withPreprocessing(
    {
      irVersion: 8,
      producerName: 'test',
      producerVersion: '1',
      opsetImport: [{ domain: '', version: 18 }],
      metadataProps: [],
      graph: { name: 'none', node: [], initializer: [], input: [], output: [value(INPUT, 'float32', ['N', 3, VIEW.crop, VIEW.crop])] },
    },
    VIEW,
  );
  const pixels = (width: number, height: number): Record<string, Tensor> => ({
    [PIXELS]: new Tensor('uint8', madePhoto(width, height), [height, width, 3]),
  });
  const prepared = async (session: InferenceSession, width: number, height: number): Promise<Float32Array> =>
    floats(await session.run(pixels(width, height)), INPUT);
  /** The bytes behind normalised planes, still as fractions. */
  const byteAt = (planes: Float32Array, channel: number, y: number, x: number): number =>
    255 * ((planes[channel * AREA + y * VIEW.crop + x] ?? NaN) * (VIEW.std[channel] ?? NaN) + (VIEW.mean[channel] ?? NaN));

  it('gives the bytes that Pillow and torchvision do, within 1, for photos of any size', async () => {
    const file = new URL('../../../../test/ml/onnx/golden/pixels.json', import.meta.url);
    const { kept, photos } = JSON.parse(await readFile(file, 'utf8')) as Golden;
    assert.deepEqual(
      photos.map(({ width, height }) => [width, height]),
      PHOTO_SIZES,
    );
    await withSession(encodeModel(alone), { threads: 1 }, async (session) => {
      for (const { width, height, bytes } of photos) {
        const planes = await prepared(session, width, height);
        const ours = kept.flatMap((y) => kept.flatMap((x) => [0, 1, 2].map((channel) => byteAt(planes, channel, y, x))));
        const worst = Math.max(...ours.map((byte, at) => Math.abs(byte - (bytes[at] ?? NaN))));
        assert.ok(worst <= 1.001, `${width} x ${height}: ${worst}`);
      }
    });
  });

  it('gives what training reads, within 1, for photos of any size', async () => {
    await withSession(encodeModel(alone), { threads: 1 }, async (session) => {
      for (const [width, height] of PHOTO_SIZES) {
        const png = await sharp(madePhoto(width, height), { raw: { width, height, channels: 3 } })
          .png({ compressionLevel: 1 })
          .toBuffer();
        const view = new Float32Array(3 * AREA);
        const trained = new Float32Array(3 * AREA);
        writeView(await readSquare(png, { size: VIEW.size, maxPixels: 1e8, minSide: 1, where: 'made' }), VIEW, view, 0);
        toPlanes(view, trained, 0);
        const ours = await prepared(session, width, height);
        let [worst, sum] = [0, 0];
        for (let channel = 0; channel < 3; channel++)
          for (let y = 0; y < VIEW.crop; y++)
            for (let x = 0; x < VIEW.crop; x++) {
              const difference = Math.abs(byteAt(ours, channel, y, x) - byteAt(trained, channel, y, x));
              worst = Math.max(worst, difference);
              sum += difference / (3 * AREA);
            }
        assert.ok(worst <= 1.001 && sum <= 0.3, `${width} x ${height}: ${worst}, ${sum} on average`);
      }
    });
  });

  it('scores a photo as the network does behind it', async () => {
    const model = exportNetwork(seededNetwork(MINIMALISTIC), { opset: 18, crop: VIEW.crop, metadata: {} });
    const photo = await withSession(encodeModel(alone), { threads: 1 }, (session) => prepared(session, 640, 427));
    const apart = await withSession(encodeModel(model), { threads: 1 }, (session) =>
      session.run({ [INPUT]: float32(photo, [1, 3, VIEW.crop, VIEW.crop]) }),
    );
    await withSession(encodeModel(withPreprocessing(model, VIEW)), { threads: 1 }, async (session) => {
      const results = await session.run(pixels(640, 427));
      assert.deepEqual(results['embedding']?.dims, [1, 512]);
      assert.ok(Math.abs((floats(results, 'score')[0] ?? NaN) - (floats(apart, 'score')[0] ?? NaN)) < 1e-6);
    });
  });

  it('refuses to be put before a network of an operator set that cannot resize', () => {
    const model = exportNetwork(seededNetwork(MINIMALISTIC), { opset: 17, crop: VIEW.crop, metadata: {} });
    assert.throws(() => withPreprocessing(model, VIEW), /operator set 18/);
  });
});
