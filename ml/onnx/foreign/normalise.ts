/**
 * A network as others export it, in the one form that is read here: constants are initializers and nothing else. Exporters also give them as
 * nodes, hand them on through Identity, compute them of others, or list them among the inputs so that a caller may replace them.
 */
import type { Tensor } from 'onnxruntime-node';
import { constant } from '../build.js';
import { ELEMENT, encodeModel, type OnnxModel, type OnnxNode, type OnnxTensor } from '../messages.js';
import { withSession } from '../session.js';
import { operatorOf } from '../quantize/graph.js';

/** What is computed once where all that it reads is constant. Random numbers and what has graphs inside are left out. */
const COMPUTABLE = new Set(
  'Abs Add Cast Concat Div DequantizeLinear Exp Expand Flatten Gather MatMul Max Min Mul Neg Pow Reciprocal Reshape Shape Slice Split Sqrt Squeeze Sub Transpose Unsqueeze'.split(
    ' ',
  ),
);

export async function normalised(model: OnnxModel): Promise<OnnxModel> {
  return computed(withoutIdentities(withoutConstantNodes(withoutDefaults(model))));
}

/** Initializers that a caller may replace stay as they are: they are no inputs any more. */
function withoutDefaults(model: OnnxModel): OnnxModel {
  const constants = new Set(model.graph.initializer.map(({ name }) => name));
  return { ...model, graph: { ...model.graph, input: model.graph.input.filter(({ name }) => !constants.has(name)) } };
}

function withoutConstantNodes(model: OnnxModel): OnnxModel {
  const made: OnnxTensor[] = [];
  const node = model.graph.node.filter((each) => {
    const tensor = operatorOf(each) === 'Constant' ? tensorOf(each) : null;
    if (tensor !== null) made.push(tensor);
    return tensor === null;
  });
  return { ...model, graph: { ...model.graph, node, initializer: [...model.graph.initializer, ...made] } };
}

/** The numbers of a Constant node; null for words and sparse ones. */
function tensorOf({ attribute: [only], output: [name = ''] }: OnnxNode): OnnxTensor | null {
  switch (only?.name) {
    case 'value':
      return only.t === undefined ? null : { ...only.t, name };
    case 'value_float':
      return constant(name, [], Float32Array.of(only.f ?? 0));
    case 'value_floats':
      return constant(name, [only.floats?.length ?? 0], Float32Array.from(only.floats ?? []));
    case 'value_int':
      return constant(name, [], BigInt64Array.of(BigInt(only.i ?? 0)));
    case 'value_ints':
      return constant(name, [only.ints?.length ?? 0], BigInt64Array.from((only.ints ?? []).map(BigInt)));
    default:
      return null;
  }
}

/** Readers of an Identity, or of a Dropout, which does nothing outside training, read what it reads. An output of the graph keeps its node. */
function withoutIdentities(model: OnnxModel): OnnxModel {
  const outputs = new Set(model.graph.output.map(({ name }) => name));
  const read = new Set(model.graph.node.flatMap(({ input }) => input));
  const behind = new Map<string, string>();
  const resolved = (name: string): string => behind.get(name) ?? name;
  const node = model.graph.node.flatMap((each) => {
    const input = each.input.map(resolved);
    const [output = '', mask = ''] = each.output;
    const operator = operatorOf(each);
    const passes = operator === 'Identity' || (operator === 'Dropout' && each.input.length < 3 && !read.has(mask) && !outputs.has(mask));
    if (!passes || outputs.has(output)) return [{ ...each, input }];
    behind.set(output, input[0] ?? '');
    return [];
  });
  return { ...model, graph: { ...model.graph, node } };
}

/** What only constants go into, computed by the runtime. */
async function computed(model: OnnxModel): Promise<OnnxModel> {
  const { graph } = model;
  const known = new Set(graph.initializer.map(({ name }) => name));
  const outputs = new Set(graph.output.map(({ name }) => name));
  const within = graph.node.filter((each) => {
    const can =
      COMPUTABLE.has(operatorOf(each)) &&
      each.input.every((name) => name === '' || known.has(name)) &&
      !each.output.some((name) => outputs.has(name));
    if (can) for (const name of each.output) known.add(name);
    return can;
  });
  const rest = graph.node.filter((each) => !within.includes(each));
  const wanted = [...new Set(rest.flatMap(({ input }) => input))].filter((name) => within.some(({ output }) => output.includes(name)));
  if (within.length === 0) return model;
  const used = new Set(within.flatMap(({ input }) => input));
  const part = {
    ...graph,
    node: within,
    input: [],
    initializer: graph.initializer.filter(({ name }) => used.has(name)),
    output: wanted.map((name) => ({ name })),
  };
  const made =
    wanted.length === 0
      ? []
      : await withSession(encodeModel({ ...model, graph: part }), { threads: 1 }, async (session) => {
          const results = await session.run({}, wanted);
          return wanted.map((name) => asConstant(name, results[name] as Tensor));
        });
  const whole = made.filter((tensor) => tensor !== null);
  // Of a type that is not written here: left to the runtime.
  if (whole.length < made.length) return model;
  return { ...model, graph: { ...graph, node: rest, initializer: [...graph.initializer, ...whole] } };
}

/** Element types of the runtime's tensors by the arrays that hold their numbers as they are. */
const TYPES: Readonly<Record<string, number>> = { ...ELEMENT, bool: 9, float16: 10, float64: 11, uint32: 12, uint64: 13 };

function asConstant(name: string, { type, dims, data }: Tensor): OnnxTensor | null {
  const dataType = TYPES[type];
  if (dataType === undefined || !ArrayBuffer.isView(data)) return null;
  return { name, dims: [...dims], dataType, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice() };
}
