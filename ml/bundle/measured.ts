/** What parity measured of each published file, and which runtimes each is for. */
import type { Parity, Timing } from '../../configs/schema/evaluation.js';
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

/**
 * A reader takes the first one for its runtime (file-for.ts): FP32 natively, and in a browser the same numbers at a quarter of the download.
 * Static INT8 is for who asks for it by name. A model that can be trained on stands last.
 */
export const FILE_ORDER: readonly Name[] = ['int8-weights', 'fp32', 'int8', 'checkpoint'];

/** As parity's report calls the models. */
const MEASURED: Readonly<Record<Name, Timing['model'] | null>> = {
  fp32: 'onnx',
  int8: 'onnx-int8',
  'int8-weights': 'onnx-int8-weights',
  checkpoint: null,
};

export function measuredBy(parity: Parity, name: Name): Pick<ManifestFile, 'latency' | 'accuracy' | 'scores' | 'close'> {
  const model = MEASURED[name];
  if (model === null) return { latency: [], accuracy: null, scores: null, close: null };
  const accuracy = model === 'onnx' ? parity.fp32Accuracy : parity.models[model].accuracy;
  return { latency: latenciesOf(parity, model), accuracy, ...parity.yardsticks[model] };
}

function latenciesOf(parity: Parity, model: Timing['model']): ManifestFile['latency'] {
  const { runtime, processor, timings, browser: tried } = parity.latency;
  const browser = tried === undefined || 'missing' in tried ? undefined : tried;
  const of = (all: readonly Timing[], kind: Runtime, device: string): ManifestFile['latency'] =>
    all.filter((timing) => timing.model === model).map(({ threads, p50Ms, p95Ms }) => ({ runtime: kind, threads, p50Ms, p95Ms, device }));
  const slowed = browser === undefined || browser.cpuThrottling === 1 ? '' : `, slowed down ${browser.cpuThrottling} times`;
  return [
    ...of(timings, 'native', `${runtime}, ${processor}`),
    ...(browser === undefined
      ? []
      : of(browser.timings, 'wasm', `${browser.runtime} in ${browser.browser}, ${browser.processor}${slowed}`)),
  ];
}
