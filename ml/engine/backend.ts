/** Everything a job needs of TensorFlow, made ready in one place: library, device, engine. */
import { readInstallation } from '../../configs/load/installation.js';
import type { TrainSettings } from '../../configs/schema/train.js';
import { eagerEngine } from './eager.js';
import { graphEngine } from './graph.js';
import type { Engine, EngineName } from './kernels.js';
import { deviceOf, loadOwnOperations, loadTensorFlow, type Device, type TensorFlow } from './tensorflow.js';

export interface Backend {
  readonly tensorFlow: TensorFlow;
  readonly engine: Engine;
  readonly device: Device;
  /** `cpu` or `cuda`, with TensorFlow's version. */
  readonly description: string;
}

const ENGINES: Readonly<Record<EngineName, (tensorFlow: TensorFlow, device: Device) => Engine>> = {
  graph: (tensorFlow, device) => graphEngine(tensorFlow, device === 'cpu'),
  eager: eagerEngine,
};

/** @throws Problem ENVIRONMENT where TensorFlow or our operations cannot be loaded, or `cuda` is demanded and absent. */
export async function openBackend(device: TrainSettings['environment']['device'], engine: EngineName): Promise<Backend> {
  const tensorFlow = loadTensorFlow();
  const found = deviceOf(tensorFlow, device);
  if (found === 'cpu') loadOwnOperations((await readInstallation()).tensorflow.kernels);
  return {
    tensorFlow,
    engine: ENGINES[engine](tensorFlow, found),
    device: found,
    description: `${found} (TensorFlow ${tensorFlow.TF_Version})`,
  };
}

/** bfloat16 inside: `auto` on a GPU only. Measured on a CPU with AVX-512: slower than float32. */
export function usesHalf(mixedPrecision: TrainSettings['loop']['mixedPrecision'], device: Device): boolean {
  return mixedPrecision === 'on' || (mixedPrecision === 'auto' && device === 'cuda');
}
