/**
 * Before anything is measured: a hard sigmoid behind a convolution becomes part of it. HardSigmoid(x) is clip(alpha x + beta, 0, 1); the
 * convolution takes over alpha and beta, and what is left is a clip, which a quantiser of range [0, 1] does by saturating.
 */
import { constant, floatsOf, node } from '../build.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../messages.js';
import { floatOf, GraphIndex, intOf } from './graph.js';

/** The same function: every layer with a bias, hard sigmoids folded where they can be. */
export function prepareModel(model: OnnxModel): OnnxModel {
  return foldHardSigmoids(addBiases(model));
}

/** Layers without a bias get one of zeros, which correction can then fill. */
function addBiases(model: OnnxModel): OnnxModel {
  const weights = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const zeros: OnnxTensor[] = [];
  const nodes = model.graph.node.map((each) => {
    const [input = '', weightName = '', bias = ''] = each.input;
    const outputs = weights.get(weightName)?.dims[0];
    if (!['Conv', 'Gemm'].includes(each.opType) || bias !== '' || outputs === undefined) return each;
    if (each.opType === 'Gemm' && intOf(each, 'transB', 0) !== 1) return each;
    const name = `${each.output[0]}/zeros`;
    zeros.push(constant(name, [outputs], new Float32Array(outputs)));
    return { ...each, input: [input, weightName, name] };
  });
  return { ...model, graph: { ...model.graph, node: nodes, initializer: [...model.graph.initializer, ...zeros] } };
}

/** The same function with hard sigmoids folded where they can be. */
function foldHardSigmoids(model: OnnxModel): OnnxModel {
  const index = new GraphIndex(model.graph);
  const replaced = new Map<OnnxNode, OnnxNode>();
  const constants = new Map<string, OnnxTensor>();
  for (const gate of model.graph.node.filter(({ opType }) => opType === 'HardSigmoid')) {
    const [input = ''] = gate.input;
    const conv = index.maker(input);
    const weight = index.constants.get(conv?.input[1] ?? '');
    const bias = index.constants.get(conv?.input[2] ?? '');
    if (conv?.opType !== 'Conv' || index.soleUser(input) !== gate || weight === undefined || bias === undefined) continue;
    const alpha = floatOf(gate, 'alpha', 0.2);
    const beta = floatOf(gate, 'beta', 0.5);
    const names = { weight: `${weight.name}.gate`, bias: `${bias.name}.gate`, least: 'clip.0', most: 'clip.1' };
    constants.set(
      names.weight,
      constant(
        names.weight,
        weight.dims,
        floatsOf(weight).map((number) => alpha * number),
      ),
    );
    constants.set(
      names.bias,
      constant(
        names.bias,
        bias.dims,
        floatsOf(bias).map((number) => alpha * number + beta),
      ),
    );
    constants.set(names.least, constant(names.least, [], Float32Array.of(0)));
    constants.set(names.most, constant(names.most, [], Float32Array.of(1)));
    replaced.set(conv, { ...conv, input: [conv.input[0] ?? '', names.weight, names.bias] });
    replaced.set(gate, node('Clip', [input, names.least, names.most], gate.output[0] ?? ''));
  }
  const nodes = model.graph.node.map((each) => replaced.get(each) ?? each);
  const used = new Set(nodes.flatMap((each) => each.input));
  const initializer = [...model.graph.initializer, ...constants.values()].filter(({ name }) => used.has(name));
  return { ...model, graph: { ...model.graph, node: nodes, initializer } };
}
