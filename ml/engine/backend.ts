/** Everything a job needs of TensorFlow, made ready in one place: library, device, engine, precision. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readInstallation } from '../../configs/load/installation.js';
import { Problem } from '../../configs/problem.js';
import type { TrainSettings } from '../../configs/schema/train.js';
import { eagerEngine } from './eager.js';
import { graphEngine } from './graph.js';
import type { Engine, EngineName, Precision } from './kernels.js';
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
  const tensorFlow = await loadTensorFlow();
  const found = deviceOf(tensorFlow, device);
  if (found === 'cpu') await loadOwnOperations((await readInstallation()).tensorflow.kernels);
  return {
    tensorFlow,
    engine: ENGINES[engine](tensorFlow, found),
    device: found,
    description: `${found} (TensorFlow ${tensorFlow.TF_Version})`,
  };
}

/**
 * What the inside of the network is computed in. `auto`: float32 on a CPU (bfloat16 is slower there, docs/results.md), on a GPU bfloat16
 * where it has it (compute capability 8.0 and later), else float16 with loss scaling. GPUs: untested.
 * @throws Problem ENVIRONMENT where bfloat16 is demanded of a CPU without instructions for it
 */
export function precisionOf(mixedPrecision: TrainSettings['loop']['mixedPrecision'], device: Device): Precision {
  if (mixedPrecision === 'off') return 'float32';
  if (mixedPrecision === 'auto') return device === 'cpu' ? 'float32' : computeCapability() >= 8 ? 'bfloat16' : 'float16';
  if (mixedPrecision === 'bfloat16' && device === 'cpu' && !/\b(avx512_bf16|amx_bf16)\b/.test(readFileSync('/proc/cpuinfo', 'utf8')))
    throw new Problem({
      code: 'ENVIRONMENT',
      message: 'loop.mixedPrecision is bfloat16, and this processor has no instructions for it (avx512_bf16, amx_bf16)',
      where: 'loop.mixedPrecision',
      cure: 'set loop.mixedPrecision to auto or off',
    });
  return mixedPrecision;
}

/** Of the first GPU, as the driver names it: 9 is an H100. @throws Problem ENVIRONMENT where the driver does not answer. */
function computeCapability(): number {
  const command = ['--query-gpu=compute_cap', '--format=csv,noheader'];
  try {
    return parseFloat(execFileSync('nvidia-smi', command, { encoding: 'utf8', timeout: 20_000 }));
  } catch (cause) {
    throw new Problem({
      code: 'ENVIRONMENT',
      message: "loop.mixedPrecision is auto, and nvidia-smi does not say the GPU's compute capability",
      where: 'loop.mixedPrecision',
      cure: 'set loop.mixedPrecision to bfloat16, float16 or off',
      cause,
    });
  }
}
