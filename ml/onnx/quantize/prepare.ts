/**
 * Before anything is measured: a hard sigmoid behind a convolution becomes part of it. HardSigmoid(x) is clip(alpha x + beta, 0, 1); the
 * convolution takes over alpha and beta, and what is left is a clip, which a quantiser of range [0, 1] does by saturating.
 */
import { constant, floatsOf, node } from '../build.js';
import { ELEMENT, type OnnxModel, type OnnxNode, type OnnxTensor } from '../messages.js';
import { floatOf, GraphIndex, intOf, operatorOf } from './graph.js';
import type { Names } from './names.js';

/** The same function: every layer with a bias for each output, hard sigmoids folded where they can be. */
export function prepareModel(model: OnnxModel, names: Names): OnnxModel {
  return foldHardSigmoids(addBiases(model, names), names);
}

/** Layers without a bias get one of zeros, which correction can then fill; a dense layer's one number for all outputs becomes one for each. */
function addBiases(model: OnnxModel, names: Names): OnnxModel {
  const constants = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const added: OnnxTensor[] = [];
  const nodes = model.graph.node.map((each) => {
    const [input = '', weightName = '', biasName = ''] = each.input;
    const weight = constants.get(weightName);
    const outputs = weight?.dims[0];
    if (weight?.dataType !== ELEMENT.float32 || outputs === undefined || !hasOutputsFirst(each)) return each;
    const bias = constants.get(biasName);
    if (biasName !== '' && (bias?.dataType !== ELEMENT.float32 || bias.dims.join() === String(outputs))) return each;
    const known = bias === undefined ? Float32Array.of(0) : floatsOf(bias);
    if (known.length !== 1 && known.length !== outputs) return each;
    const name = names.of(each.output[0] ?? '', bias === undefined ? 'zeros' : 'biases');
    const numbers = Float32Array.from({ length: outputs }, (_, at) => known[known.length === 1 ? 0 : at] ?? NaN);
    added.push(constant(name, [outputs], numbers));
    return { ...each, input: [input, weightName, name] };
  });
  return { ...model, graph: { ...model.graph, node: nodes, initializer: [...model.graph.initializer, ...added] } };
}

function hasOutputsFirst(node: OnnxNode): boolean {
  const operator = operatorOf(node);
  return operator === 'Conv' || (operator === 'Gemm' && intOf(node, 'transB', 0) === 1);
}

/** The same function with hard sigmoids folded where they can be. What is made is named by the convolution: others may share its weights. */
function foldHardSigmoids(model: OnnxModel, names: Names): OnnxModel {
  const index = new GraphIndex(model.graph);
  const replaced = new Map<OnnxNode, OnnxNode>();
  const constants: OnnxTensor[] = [];
  const made = (name: string, dims: readonly number[], numbers: Float32Array): string => {
    constants.push(constant(name, dims, numbers));
    return name;
  };
  for (const gate of model.graph.node.filter((each) => operatorOf(each) === 'HardSigmoid')) {
    const [input = ''] = gate.input;
    const conv = index.maker(input);
    if (conv === undefined || operatorOf(conv) !== 'Conv' || index.soleUser(input) !== gate) continue;
    const [x = '', w = '', b = ''] = conv.input;
    const [weight, bias] = [index.constants.get(w), index.constants.get(b)];
    if (weight?.dataType !== ELEMENT.float32 || bias?.dataType !== ELEMENT.float32) continue;
    const alpha = floatOf(gate, 'alpha', 0.2);
    const beta = floatOf(gate, 'beta', 0.5);
    const scaled = floatsOf(weight).map((number) => alpha * number);
    const shifted = floatsOf(bias).map((number) => alpha * number + beta);
    replaced.set(conv, {
      ...conv,
      input: [x, made(names.of(input, 'folded.weight'), weight.dims, scaled), made(names.of(input, 'folded.bias'), bias.dims, shifted)],
    });
    const limits = [made(names.of(input, 'least'), [], Float32Array.of(0)), made(names.of(input, 'most'), [], Float32Array.of(1))];
    replaced.set(gate, node('Clip', [input, ...limits], gate.output[0] ?? ''));
  }
  const nodes = model.graph.node.map((each) => replaced.get(each) ?? each);
  const used = new Set([...nodes.flatMap((each) => each.input), ...model.graph.output.map(({ name }) => name)]);
  const initializer = [...model.graph.initializer, ...constants].filter(({ name }) => used.has(name));
  return { ...model, graph: { ...model.graph, node: nodes, initializer } };
}
