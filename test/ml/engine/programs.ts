/** Runs computations in the test's own process, with tensors in torchvision's layouts. */
import { readInstallation } from '../../../configs/load/installation.js';
import { checkAddon } from '../../../ml/addon.js';
import { eagerEngine } from '../../../ml/engine/eager.js';
import { graphEngine } from '../../../ml/engine/graph.js';
import { pick, type Computation, type Engine } from '../../../ml/engine/kernels.js';
import { layoutsOf } from '../../../ml/engine/layout.js';
import { floats } from '../../../ml/engine/native-state.js';
import { checkTensorFlow, DTYPES, tensorFlowEnvironment, type TensorFlow } from '../../../ml/engine/tensorflow.js';
import type { Network } from '../../../ml/network/network.js';

/** The fuzzer has operations that are built with sanitizers. */
const kernels = process.env['EMO_AEN_FUZZ_KERNELS'] ?? (await readInstallation()).tensorflow.kernels;
const addons = [await checkTensorFlow(), await checkAddon(kernels, 'our operations')] as const;
let loaded: TensorFlow | null = null;

/** On the CPU, with as many threads as the machine of the golden files does not matter for: numbers are compared with tolerance. */
export function tensorFlow(): TensorFlow {
  if (loaded === null) {
    Object.assign(process.env, tensorFlowEnvironment('cpu', 2));
    const [library, operations] = addons;
    loaded = library.load() as TensorFlow;
    operations.load();
  }
  return loaded;
}

/** As on a CPU, as on a GPU (whose kernels are all TensorFlow's), and the reference. */
const MAKERS = {
  graph: (library: TensorFlow) => graphEngine(library, true),
  'graph without own kernels': (library: TensorFlow) => graphEngine(library, false),
  eager: eagerEngine,
} as const;
export type TestEngine = keyof typeof MAKERS;
export const ENGINES = Object.keys(MAKERS) as TestEngine[];

export function engineOf(name: TestEngine): Engine {
  return MAKERS[name](tensorFlow());
}

/** Runs `computation` once; inputs that are missing are zeros. Leaves no tensor behind. */
export function runOnce(
  engine: TestEngine,
  computation: Computation,
  inputs: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  const library = tensorFlow();
  const program = engineOf(engine).prepare(computation);
  const ids = new Map(
    [...computation.inputs].map(([name, { shape }]) => {
      const size = shape.reduce((product, side) => product * side, 1);
      return [name, library.createTensor(shape, DTYPES.float32, inputs.get(name) ?? new Float32Array(size))];
    }),
  );
  const outputs = program.run(ids);
  const values = new Map([...outputs].map(([name, id]) => [name, floats(library, id)]));
  for (const id of [...ids.values(), ...outputs.values()]) library.deleteTensor(id);
  program.close();
  return values;
}

/** Stored parameters as the engine wants them. */
export function toEngine(network: Network, stored: ReadonlyMap<string, { readonly data: Float32Array }>): Map<string, Float32Array> {
  return new Map([...layoutsOf(network)].map(([name, layout]) => [name, layout.toEngine(pick(stored, name).data)]));
}

/** Photos as [N, 3, side, side], PyTorch's way, to [N, side, side, 3]. */
export function toChannelsLast(photos: Float32Array, side: number): Float32Array {
  const plane = side * side;
  return Float32Array.from(photos, (_, at) => {
    const photo = Math.floor(at / (3 * plane));
    const pixel = Math.floor((at % (3 * plane)) / 3);
    return photos[photo * 3 * plane + (at % 3) * plane + pixel] ?? NaN;
  });
}
