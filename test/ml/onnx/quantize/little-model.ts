/** A network of every kind of node that is quantised, small enough for a test: 16 x 16 photos, 24 channels. */
import { constant, node, value } from '../../../../ml/onnx/build.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../../../ml/onnx/messages.js';
import type { PhotoSource } from '../../../../ml/onnx/photos.js';
import { seeded } from '../seeded-network.js';

export const SIDE = 16;

/** Smooth photos, each with colours of its own, so that embeddings differ. */
export function littlePhotos(count: number, name = 'little'): PhotoSource {
  const parts = seeded(name, count * 12, (u) => 2 * u - 1);
  return {
    count,
    crop: SIDE,
    fill: (index, out, offset) => {
      for (let channel = 0; channel < 3; channel++) {
        const [a = 0, b = 0, c = 0, d = 0] = parts.subarray(12 * index + 4 * channel, 12 * index + 4 * channel + 4);
        for (let y = 0; y < SIDE; y++)
          for (let x = 0; x < SIDE; x++)
            out[offset + (channel * SIDE + y) * SIDE + x] = a + b * Math.sin((x * c * 3) / 4) + d * Math.cos((y * b * 3) / 4);
      }
    },
  };
}

export function littleModel(extra: { readonly unknown?: string } = {}): OnnxModel {
  const nodes: OnnxNode[] = [];
  const constants: OnnxTensor[] = [];
  const conv = (input: string, output: string, [o, i, k]: readonly [number, number, number], group = 1, stride = 1): string => {
    const weight = seeded(`${output}.weight`, o * (i / group) * k * k, (u) => (2 * u - 1) * Math.sqrt(6 / ((i / group) * k * k)));
    constants.push(constant(`${output}.weight`, [o, i / group, k, k], weight));
    constants.push(
      constant(
        `${output}.bias`,
        [o],
        seeded(`${output}.bias`, o, (u) => 0.4 * (2 * u - 1)),
      ),
    );
    const side = (k - 1) / 2;
    const attributes = { kernel_shape: [k, k], strides: [stride, stride], pads: [side, side, side, side], group };
    nodes.push(node('Conv', [input, `${output}.weight`, `${output}.bias`], output, attributes));
    return output;
  };
  const then = (op: string, inputs: readonly string[], output: string, attributes: Parameters<typeof node>[3] = {}): string => {
    nodes.push(node(op, inputs, output, attributes));
    return output;
  };
  const stem = then('HardSwish', [conv('photos', 'stem', [24, 3, 3], 1, 2)], 'stem.act');
  const deep = then('Relu', [conv(stem, 'deep', [24, 24, 3], 24)], 'deep.act');
  const squeezed = then('Relu', [conv(then('GlobalAveragePool', [deep], 'pool'), 'fc1', [8, 24, 1])], 'fc1.act');
  const gate = then('HardSigmoid', [conv(squeezed, 'fc2', [24, 8, 1])], 'gate', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
  const added = then('Add', [conv(then('Mul', [deep, gate], 'scaled'), 'project', [24, 24, 1]), stem], 'added');
  const last = conv(added, 'last', [48, 24, 1]);
  const activated = extra.unknown === undefined ? then('HardSwish', [last], 'last.act') : then(extra.unknown, [last], 'last.act');
  const features = then('Flatten', [then('GlobalAveragePool', [activated], 'average')], 'features', { axis: 1 });
  constants.push(
    constant(
      'head.weight',
      [16, 48],
      seeded('head.weight', 16 * 48, (u) => 2 * u - 1),
    ),
  );
  constants.push(
    constant(
      'head.bias',
      [16],
      seeded('head.bias', 16, (u) => u),
    ),
  );
  then('Gemm', [features, 'head.weight', 'head.bias'], 'head', { transB: 1 });
  return {
    irVersion: 8,
    producerName: 'test',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: [{ key: 'kept', value: 'yes' }],
    graph: {
      name: 'little',
      node: nodes,
      initializer: constants,
      input: [value('photos', 'float32', ['N', 3, SIDE, SIDE])],
      output: [value('head', 'float32', ['N', 16])],
    },
  };
}
