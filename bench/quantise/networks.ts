/** The two networks that are quantised: one whose weights mean something, to judge by, and one with every kind of node, to time. */
import { resolve } from 'node:path';
import { Problem } from '../../configs/problem.js';
import type { BackboneName } from '../../configs/schema/backbones.js';
import { initialise } from '../../ml/network/initialise.js';
import { describeNetwork, type NetworkSpec } from '../../ml/network/network.js';
import { exportNetwork } from '../../ml/onnx/export.js';
import { encodeModel } from '../../ml/onnx/messages.js';
import { readWeights } from '../../ml/weights/load.js';
import { scorePhotos, type Scored } from '../../ml/onnx/score.js';
import { CROP, inMemory, type BenchPhotos } from './photos.js';

const OPSET = 17;
const SEED = 0;

/**
 * Minimalistic: ReLU alone, batch norm folded, TensorFlow's padding. The dense layer is drawn by a fixed seed; the direction is the one in which
 * calibrating photos differ from their degraded forms on average. A drawn direction would put both of a pair at nearly the same score.
 */
export async function reluNetwork(weights: string, photos: BenchPhotos): Promise<Uint8Array> {
  const spec = specOf('mobilenet_v3_large_minimalistic', { padding: 'same', mode: 'folded' });
  const file = resolve(weights);
  const { tensors } = await readWeights({ file, source: weights, backbone: spec.backbone, signal: new AbortController().signal });
  const network = describeNetwork(spec);
  const drawn = initialise(network, SEED);
  const parameters = new Map([...drawn].map(([name, random]) => [name, tensors.get(name) ?? random]));
  const strange = [...tensors.keys()].filter((name) => !drawn.has(name));
  const lacking = [...drawn.keys()].filter((name) => name.startsWith('features.') && !tensors.has(name));
  if (strange.length + lacking.length > 0)
    throw new Problem({
      code: 'WEIGHTS',
      message: `not the weights of ${spec.backbone} with batch norm folded: ${[...strange, ...lacking].slice(0, 3).join(', ')}`,
      where: file,
      cure: 'name those with --weights',
    });
  const source = inMemory(photos.calibrate);
  const good = await scorePhotos(bytesOf({ network, parameters }), source, () => undefined);
  const degraded = await scorePhotos(bytesOf({ network, parameters }), inMemory(photos.degraded), () => undefined);
  const means = [meanRow(good), meanRow(degraded)] as const;
  parameters.set('direction', { shape: [good.dimensions], data: means[0].map((mean, at) => mean - (means[1][at] ?? NaN)) });
  return bytesOf({ network, parameters });
}

function meanRow({ embeddings, dimensions }: Scored): Float32Array {
  const count = embeddings.length / dimensions;
  const mean = new Float32Array(dimensions);
  embeddings.forEach((number, at) => (mean[at % dimensions] = (mean[at % dimensions] ?? 0) + number / count));
  return mean;
}

/** HardSwish and squeeze-and-excite, every weight drawn: its embeddings mean nothing, its time is that of the trained network. */
export function fullNetwork(): Uint8Array {
  const network = describeNetwork(specOf('mobilenet_v3_large', { padding: 'symmetric', mode: 'trained' }));
  return bytesOf({ network, parameters: initialise(network, SEED) });
}

function specOf(
  backbone: BackboneName,
  { padding, mode }: Pick<NetworkSpec, 'padding'> & Pick<NetworkSpec['batchNorm'], 'mode'>,
): NetworkSpec {
  return { backbone, embedding: 512, padding, batchNorm: { mode, momentum: 0.01, epsilon: 0.001 }, regression: false };
}

function bytesOf(trained: Parameters<typeof exportNetwork>[0]): Uint8Array {
  return encodeModel(exportNetwork(trained, { opset: OPSET, crop: CROP, metadata: {} }));
}
