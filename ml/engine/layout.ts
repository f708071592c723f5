/**
 * Between torchvision's layouts, in which parameters are stored and named, and the engine's: convolutions turn from
 * [out, in / groups, k, k] to [k, k, in, out], depthwise ones to [k, k, channels, 1]. Everything else is as it is.
 */
import type { Network, ParameterSpec } from '../network/network.js';
import type { Tensor } from '../weights/safetensors.js';

export interface Layout {
  readonly shape: readonly number[];
  toEngine(data: Float32Array): Float32Array;
  fromEngine(data: Float32Array): Float32Array;
}

/** Layouts of all parameters of `network`, by name. */
export function layoutsOf(network: Network): ReadonlyMap<string, Layout> {
  const depthwise = new Set(network.nodes.flatMap((node) => (node.op === 'conv' && node.groups > 1 ? [node.weight] : [])));
  return new Map(network.parameters.map((parameter) => [parameter.name, layoutOf(parameter, depthwise.has(parameter.name))]));
}

function layoutOf({ shape }: ParameterSpec, depthwise: boolean): Layout {
  const [out, inner, height, width] = shape;
  if (out === undefined || inner === undefined || height === undefined || width === undefined)
    return { shape, toEngine: (data) => data.slice(), fromEngine: (data) => data.slice() };
  const kernel = height * width;
  // Seen from the engine: `taps` x `inner` x `out`, where a depthwise convolution's one input channel comes last instead.
  const move = (from: Float32Array, toEngine: boolean): Float32Array => {
    const to = new Float32Array(from.length);
    for (let o = 0; o < out; o++)
      for (let i = 0; i < inner; i++)
        for (let tap = 0; tap < kernel; tap++) {
          const stored = (o * inner + i) * kernel + tap;
          const engine = (tap * inner + i) * out + o;
          if (toEngine) to[engine] = from[stored] ?? 0;
          else to[stored] = from[engine] ?? 0;
        }
    return to;
  };
  return {
    shape: depthwise ? [height, width, out, 1] : [height, width, inner, out],
    toEngine: (data) => move(data, true),
    fromEngine: (data) => move(data, false),
  };
}

/** @throws Error (a defect) where the tensor's shape is not the parameter's: weights are matched before they come here. */
export function checkShape(parameter: ParameterSpec, tensor: Tensor): Tensor {
  if (tensor.shape.join() !== parameter.shape.join())
    throw new Error(`${parameter.name} has shape [${tensor.shape.join()}], expected [${parameter.shape.join()}]`);
  return tensor;
}
