/**
 * The exported network with the preparation of photos in front of it: pixels of any size in, and resize, crop and normalisation as in
 * training (method §3.1), for programs that only decode. One photo at a time, since sizes differ.
 *
 * Input `pixels` [H, W, 3] uint8, RGB, upright; outputs as of the network, with N = 1. The shortest side is resized to `size` by the
 * antialiased linear kernel on bytes, and cut to the central square as geometry.ts does: sides rounded down, halves of offsets to
 * the even number, which is what Round does. Two cuts, to `size` and to `crop`, are done as one.
 *
 * Bytes are those of Pillow and torchvision within 1, and those that training reads (ml/images/native/square.h) within 1, which are rounded once.
 * Antialiasing came with operator set 18.
 */
import type { Preprocessing } from '../engine/checkpoint.js';
import { centreOffset } from '../images/geometry.js';
import { INPUT } from '../network/network.js';
import { constant, node, value } from './build.js';
import { ELEMENT, type OnnxModel, type OnnxNode, type OnnxTensor, type OnnxValue } from './messages.js';

export const PIXELS = 'pixels';
/** The least operator set that the graph can be written in. */
export const PIXELS_OPSET = 18;

/** @param model of the network, written in operator set 18 or newer. @throws RangeError where it is older. */
export function withPreprocessing(model: OnnxModel, preprocessing: Preprocessing): OnnxModel {
  const opset = model.opsetImport.find(({ domain }) => domain === '')?.version ?? 0;
  if (opset < PIXELS_OPSET) throw new RangeError(`photos are resized by operator set ${PIXELS_OPSET} or newer, not ${opset}`);
  const { graph } = model;
  return {
    ...model,
    graph: {
      ...graph,
      node: [...NODES, ...graph.node],
      initializer: [...constantsOf(preprocessing), ...graph.initializer],
      input: [value(PIXELS, 'uint8', ['H', 'W', 3])],
      output: graph.output.map(ofOnePhoto),
    },
  };
}

const NODES: readonly OnnxNode[] = [
  node('Transpose', [PIXELS], 'planes.3', { perm: [2, 0, 1] }),
  node('Unsqueeze', ['planes.3', 'first'], 'planes'),
  node('Shape', [PIXELS], 'sides', { start: 0, end: 2 }),
  node('ReduceMin', ['sides'], 'shortest', { keepdims: 1 }),
  node('Mul', ['sides', 'size'], 'sides.size'),
  // Whole numbers: Div rounds down.
  node('Div', ['sides.size', 'shortest'], 'resized.sides'),
  node('Concat', ['photo.channels', 'resized.sides'], 'resized.shape', { axis: 0 }),
  node('Resize', ['planes', '', '', 'resized.shape'], 'resized', {
    mode: { text: 'linear' },
    coordinate_transformation_mode: { text: 'half_pixel' },
    antialias: 1,
  }),
  node('Sub', ['resized.sides', 'size'], 'spare'),
  node('Cast', ['spare'], 'spare.float', { to: ELEMENT.float32 }),
  node('Mul', ['spare.float', 'half'], 'offset.float'),
  node('Round', ['offset.float'], 'offset.even'),
  node('Cast', ['offset.even'], 'offset', { to: ELEMENT.int64 }),
  node('Add', ['offset', 'inner'], 'start'),
  node('Add', ['start', 'crop'], 'end'),
  node('Slice', ['resized', 'start', 'end', 'rows.columns'], 'cut'),
  node('Cast', ['cut'], 'cut.float', { to: ELEMENT.float32 }),
  node('Mul', ['cut.float', 'channel.scale'], 'scaled'),
  node('Add', ['scaled', 'channel.shift'], 'shifted'),
  // Tells whoever infers shapes what Slice cannot: how many rows and columns are left.
  node('Reshape', ['shifted', 'photo.shape'], INPUT),
];

function constantsOf({ size, crop, mean, std }: Preprocessing): readonly OnnxTensor[] {
  const ints = (name: string, numbers: readonly number[]): OnnxTensor =>
    constant(name, [numbers.length], BigInt64Array.from(numbers, BigInt));
  const perChannel = (name: string, of: (mean: number, std: number) => number): OnnxTensor =>
    constant(
      name,
      [1, 3, 1, 1],
      Float32Array.from(mean, (each, channel) => of(each, std[channel] ?? NaN)),
    );
  return [
    ints('first', [0]),
    ints('size', [size]),
    ints('photo.channels', [1, 3]),
    constant('half', [], Float32Array.of(0.5)),
    ints('inner', [centreOffset(size, crop)]),
    ints('crop', [crop]),
    ints('rows.columns', [2, 3]),
    perChannel('channel.scale', (_, std) => 1 / (255 * std)),
    perChannel('channel.shift', (mean, std) => -mean / std),
    ints('photo.shape', [1, 3, crop, crop]),
  ];
}

function ofOnePhoto(output: OnnxValue): OnnxValue {
  const tensorType = output.type?.tensorType;
  if (tensorType?.shape === undefined) return output;
  const [, ...rest] = tensorType.shape.dim;
  return { ...output, type: { tensorType: { ...tensorType, shape: { dim: [{ dimValue: 1 }, ...rest] } } } };
}
