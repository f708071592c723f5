/**
 * A value that a depthwise convolution and an Add read, as in MobileNetV3's first block, would have to scale its channels for both: those of the Add's
 * other value and of its result as well. What suits the one costs the other most of its steps. Here the Add gets the value
 * through a convolution of one weight a channel, which takes the factors back.
 */
import { constant, node } from '../build.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../messages.js';
import { GraphIndex, intOf, operatorOf } from './graph.js';
import type { Names } from './names.js';

/** The same function, with such values separated from the Adds that read them, where their channels can be scaled at all: behind a convolution or its ReLU. */
export function separateSkips(model: OnnxModel, names: Names): OnnxModel {
  const index = new GraphIndex(model.graph);
  const constants: OnnxTensor[] = [];
  const separated = new Set<string>();
  const nodes = model.graph.node.flatMap((each) => {
    if (operatorOf(each) !== 'Add') return [each];
    const made: OnnxNode[] = [];
    const input = each.input.map((value) => {
      const channels = channelsToFree(value, model, index);
      if (channels === null) return value;
      const skip = names.of(value, 'skip');
      if (separated.has(value)) return skip;
      separated.add(value);
      const [weight, bias] = [names.of(value, 'skip.weight'), names.of(value, 'skip.bias')];
      constants.push(constant(weight, [channels, 1, 1, 1], new Float32Array(channels).fill(1)));
      constants.push(constant(bias, [channels], new Float32Array(channels)));
      made.push(node('Conv', [value, weight, bias], skip, { group: channels, kernel_shape: [1, 1] }));
      return skip;
    });
    return [...made, { ...each, input }];
  });
  return { ...model, graph: { ...model.graph, node: nodes, initializer: [...model.graph.initializer, ...constants] } };
}

/** How many channels a value has that a depthwise convolution reads beside the Add; null for others. */
function channelsToFree(value: string, model: OnnxModel, index: GraphIndex): number | null {
  const maker = index.maker(value);
  const layer = maker !== undefined && operatorOf(maker) === 'Relu' ? index.maker(maker.input[0] ?? '') : maker;
  if (layer === undefined || operatorOf(layer) !== 'Conv' || index.isOutput(value)) return null;
  const reader = model.graph.node.find((each) => each.input[0] === value && isDepthwise(each, index));
  return reader === undefined ? null : intOf(reader, 'group', 1);
}

/** Whether a node is a convolution of which each kernel reads one channel of an image. */
function isDepthwise(node: OnnxNode, index: GraphIndex): boolean {
  const dims = index.constants.get(node.input[1] ?? '')?.dims ?? [];
  return operatorOf(node) === 'Conv' && dims.length === 4 && dims[1] === 1;
}
