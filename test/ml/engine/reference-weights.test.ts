import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { inferenceComputation } from '../../../ml/engine/computations.js';
import { pick } from '../../../ml/engine/kernels.js';
import { initialise } from '../../../ml/network/initialise.js';
import { describeNetwork } from '../../../ml/network/network.js';
import { readWeights } from '../../../ml/weights/load.js';
import { matchWeights } from '../../../ml/weights/match.js';
import { runOnce, toEngine } from './programs.js';

/** A folder with `weights/` and `photos/` that is too large for the project; the golden tests beside this one run without it. */
const SHARED = resolve(process.env['EMO_AEN_SHARED'] ?? '../shared');
const WEIGHTS = join(SHARED, 'weights', 'mobilenet_v3_large_minimalistic.safetensors');
const CROP = 224;

interface Reference {
  readonly features: Record<string, number[]>;
}

describe('published ImageNet weights', () => {
  it('give the features that their makers publish', async function () {
    this.timeout(60_000);
    if (!existsSync(WEIGHTS)) {
      process.stderr.write(`    skipped: no ${WEIGHTS}; set EMO_AEN_SHARED to the folder that has weights/ and photos/\n`);
      this.skip();
    }
    const network = describeNetwork({
      backbone: 'mobilenet_v3_large_minimalistic',
      embedding: 8,
      padding: 'same',
      batchNorm: { mode: 'folded', momentum: 0.01, epsilon: 0.001 },
      regression: false,
    });
    const { backbone } = network.spec;
    const weights = await readWeights({ file: WEIGHTS, source: WEIGHTS, backbone, signal: new AbortController().signal });
    const stored = new Map([...initialise(network, 0), ...matchWeights(network, weights).tensors]);
    const { features } = JSON.parse(readFileSync(join(SHARED, 'weights', 'reference_features.json'), 'utf8')) as Reference;
    for (const [file, expected] of Object.entries(features)) {
      const pixels = await sharp(join(SHARED, 'photos', file))
        .removeAlpha()
        .extract({ left: 144, top: 144, width: CROP, height: CROP })
        .raw()
        .toBuffer();
      const photo = Float32Array.from(pixels, (byte) => (byte - 127.5) / 127.5);
      const inputs = toEngine(network, stored).set('photos', photo);
      const actual = pick(runOnce('graph', inferenceComputation(network, 1, { crop: CROP, precision: 'float32' }), inputs), 'features');
      const worst = Math.max(...expected.map((value, at) => Math.abs(value - (actual[at] ?? NaN))));
      assert.ok(worst < 1e-3 * Math.max(...expected), `${file}: ${worst}`);
    }
  });
});
