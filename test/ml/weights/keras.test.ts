import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { readWeights, type SourceWeights } from '../../../ml/weights/load.js';
import { matchWeights } from '../../../ml/weights/match.js';
import { assertFeatures, networkFor } from './features.js';
import { kerasFile, kerasGolden, KERAS_LAYOUTS, kerasPhotos, type KerasVariant } from './keras-file.js';

const BACKBONES = { large: 'mobilenet_v3_large', minimalistic: 'mobilenet_v3_large_minimalistic' } as const;

describe("Keras' weights", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-keras-'))));
  after(() => rm(folder, { recursive: true }));

  const read = async (bytes: Uint8Array, variant: KerasVariant): Promise<SourceWeights> => {
    const file = join(folder, 'weights.h5');
    await writeFile(file, bytes);
    return readWeights({ file, source: file, backbone: BACKBONES[variant], signal: new AbortController().signal });
  };
  for (const variant of ['large', 'minimalistic'] as const) {
    it(`of the ${variant} network give Keras' features, with padding and epsilon left to them`, async () => {
      const weights = await read(await kerasFile(variant, 'keras3'), variant);
      const network = networkFor(BACKBONES[variant], weights);
      assert.deepEqual([network.spec.padding, network.spec.batchNorm.epsilon], ['same', 1e-3]);
      assertFeatures(network, weights, kerasPhotos(), kerasGolden[variant].features);
    });

    for (const layout of KERAS_LAYOUTS.slice(1))
      it(`of the ${variant} network are the same from the layout ${layout}`, async () => {
        const [weights, other] = [
          await read(await kerasFile(variant, 'keras3'), variant),
          await read(await kerasFile(variant, layout), variant),
        ];
        const network = networkFor(BACKBONES[variant], weights);
        assert.deepEqual(matchWeights(network, other).tensors, matchWeights(network, weights).tensors);
      });
  }

  it('list every tensor that is missing or of another network, by both names', async () => {
    const weights = await read(
      await kerasFile('minimalistic', 'keras3', (path) => /batch_normalization_3\/vars\/[12]/.test(path)),
      'large',
    );
    assert.throws(
      () => matchWeights(networkFor(BACKBONES.large, weights), weights),
      (error) => {
        assert.ok(error instanceof Problem && error.code === 'WEIGHTS');
        const lines = error.message.split('\n').map((line) => line.trim());
        for (const line of [
          'missing features.2.block.0.1.bias [64]',
          'missing features.2.block.0.1.running_mean [64]',
          'missing features.4.block.2.fc1.weight [24, 72, 1, 1]',
          'misshapen features.4.block.1.0.weight (in the file expanded_conv_3_depthwise/0): [72, 1, 3, 3], not [72, 1, 5, 5]',
        ])
          assert.ok(lines.includes(line), `${line}\n${error.message}`);
        // Two of the norm, the 4 tensors of 8 squeezes, and the 5x5 kernels of 6 blocks.
        assert.match(error.message, /\(40 tensors differ\)/);
        return true;
      },
    );
  });
});
