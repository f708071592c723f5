import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWeights } from '../../../ml/weights/load.js';
import { writeSafetensors, type Tensor } from '../../../ml/weights/safetensors.js';
import { toChannelsLast } from '../engine/programs.js';
import { seeded } from '../onnx/seeded-network.js';
import { assertFeatures, networkFor, SIDE } from './features.js';

const VARIANTS = {
  mobilenetv3_large_100: { backbone: 'mobilenet_v3_large', padding: 'symmetric', epsilon: 1e-5 },
  tf_mobilenetv3_large_100: { backbone: 'mobilenet_v3_large', padding: 'same', epsilon: 1e-3 },
  mobilenetv3_small_100: { backbone: 'mobilenet_v3_small', padding: 'symmetric', epsilon: 1e-5 },
  tf_mobilenetv3_small_100: { backbone: 'mobilenet_v3_small', padding: 'same', epsilon: 1e-3 },
  tf_mobilenetv3_large_minimal_100: { backbone: 'mobilenet_v3_large_minimalistic', padding: 'same', epsilon: 1e-3 },
} as const;

/** Made by golden/timm_features.py: names and shapes of every float tensor, and the first features of each photo. */
const golden = JSON.parse(readFileSync('test/ml/weights/golden/timm.json', 'utf8')) as Record<
  keyof typeof VARIANTS,
  { readonly names: readonly (readonly [name: string, shape: readonly number[]])[]; readonly features: readonly (readonly number[])[] }
>;

const signed = (u: number): number => 2 * u - 1;

function transformFor(name: string, shape: readonly number[]): (u: number) => number {
  if (name.endsWith('running_mean') || name.endsWith('.bias')) return (u) => 0.2 * signed(u);
  if (name.endsWith('running_var')) return (u) => 0.5 + u;
  if (shape.length === 1) return (u) => 0.8 + 0.4 * u;
  const fanIn = shape.slice(1).reduce((product, side) => product * side, 1);
  return (u) => signed(u) * Math.sqrt(6 / fanIn);
}

describe("timm's weights", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-timm-'))));
  after(() => rm(folder, { recursive: true }));

  for (const [variant, { backbone, padding, epsilon }] of Object.entries(VARIANTS))
    it(`of ${variant} give timm's features, with padding and epsilon left to them`, async () => {
      const { names, features } = golden[variant as keyof typeof VARIANTS];
      const file = join(folder, `${variant}.safetensors`);
      const tensors = names.map(([name, shape]): [string, Tensor] => {
        const count = shape.reduce((product, side) => product * side, 1);
        return [name, { shape, data: seeded(name, count, transformFor(name, shape)) }];
      });
      await writeSafetensors(file, new Map(tensors), {});
      const weights = await readWeights({ file, source: file, backbone, signal: new AbortController().signal });
      const network = networkFor(backbone, weights);
      assert.deepEqual([network.spec.padding, network.spec.batchNorm.epsilon], [padding, epsilon]);
      assertFeatures(network, weights, toChannelsLast(seeded('photos', 2 * 3 * SIDE * SIDE, signed), SIDE), features);
    });
});
