/** What parity measured of each published file, and which runtimes each is for. */
import type { Parity } from '../../configs/schema/evaluation.js';
import type { ManifestFile, Runtime } from '../../configs/schema/manifest.js';

type Name = ManifestFile['name'];

/**
 * Integer kernels are faster than float ones natively and slower in a browser, where weights alone in INT8 are a quarter of the download
 * at float's speed.
 */
export const RUNTIMES: Readonly<Record<Name, readonly Runtime[]>> = {
  fp32: ['native', 'wasm', 'webgpu'],
  int8: ['native'],
  'int8-weights': ['wasm', 'webgpu'],
  checkpoint: [],
};

/** Best first for each runtime; a model that can be trained on stands last. */
export const FILE_ORDER: readonly Name[] = ['int8', 'int8-weights', 'fp32', 'checkpoint'];

export function measuredBy({ latency, fp32Accuracy, int8Accuracy }: Parity, name: Name): Pick<ManifestFile, 'latency' | 'accuracy'> {
  const median = { fp32: latency.fp32Ms, int8: latency.int8Ms }[name as string];
  const accuracy = { fp32: fp32Accuracy, int8: int8Accuracy }[name as string] ?? null;
  if (median === undefined) return { latency: [], accuracy };
  return { latency: [{ runtime: 'native', threads: 1, p50Ms: median, p95Ms: null, device: 'onnxruntime-node, CPU of the run' }], accuracy };
}
