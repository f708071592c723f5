/** What a network computes from weights of others, with everything that can be left to the weights left to them. */
import assert from 'node:assert/strict';
import { inferenceComputation } from '../../../ml/engine/computations.js';
import { pick } from '../../../ml/engine/kernels.js';
import { initialise } from '../../../ml/network/initialise.js';
import { describeNetwork, type Network } from '../../../ml/network/network.js';
import type { BackboneName } from '../../../configs/schema/backbones.js';
import { settle } from '../../../ml/weights/conventions.js';
import type { SourceWeights } from '../../../ml/weights/load.js';
import { matchWeights } from '../../../ml/weights/match.js';
import { runOnce, toEngine } from '../engine/programs.js';

/** Height and width of the photos that golden features are of, px. */
export const SIDE = 72;

export function networkFor(backbone: BackboneName, { conventions }: SourceWeights): Network {
  const weights = { source: null, sha256: null, onUnavailable: 'fail' } as const;
  const batchNorm = { mode: 'trained', momentum: 0.01, epsilon: 'auto' } as const;
  return describeNetwork(settle({ backbone, embedding: 8, regression: 'off', padding: 'auto', batchNorm, weights }, conventions).spec);
}

/**
 * @param photos two, as [2, SIDE, SIDE, 3]
 * @param expected the first features of each
 */
export function assertFeatures(
  network: Network,
  weights: SourceWeights,
  photos: Float32Array,
  expected: readonly (readonly number[])[],
): void {
  const stored = new Map([...initialise(network, 0), ...matchWeights(network, weights).tensors]);
  const inputs = toEngine(network, stored).set('photos', photos);
  const features = pick(runOnce('graph', inferenceComputation(network, 2, { crop: SIDE, precision: 'float32' }), inputs), 'features');
  const width = features.length / expected.length;
  expected.forEach((row, photo) => {
    const scale = Math.max(...row.map(Math.abs));
    const worst = Math.max(...row.map((value, at) => Math.abs((features[width * photo + at] ?? NaN) - value)));
    assert.ok(worst < 1e-4 * scale, `photo ${photo}: ${worst} of ${scale}`);
  });
}
