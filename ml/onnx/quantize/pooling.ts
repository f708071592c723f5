/** A mean over height and width is global pooling, which has an integer kernel: torch's newer exporter writes it as ReduceMean. */
import { node } from '../build.js';
import { ELEMENT, type OnnxModel, type OnnxNode, type OnnxTensor } from '../messages.js';
import { GraphIndex, intOf, operatorOf } from './graph.js';
import type { Names } from './names.js';
import type { Shapes } from './shapes.js';

/** The same function. @param shapes of its values: axes 2 and 3 are height and width only where there are four */
export function poolMeans(model: OnnxModel, names: Names, shapes: Shapes): OnnxModel {
  const index = new GraphIndex(model.graph);
  const nodes = model.graph.node.flatMap((each) => {
    const [input = ''] = each.input;
    const [output = ''] = each.output;
    if (operatorOf(each) !== 'ReduceMean' || shapes.get(input)?.dims.length !== 4 || !isOverImage(each, index)) return [each];
    if (intOf(each, 'keepdims', 1) === 1) return [node('GlobalAveragePool', [input], output)];
    const pooled = names.of(output, 'pooled');
    return [node('GlobalAveragePool', [input], pooled), node('Flatten', [pooled], output, { axis: 1 })];
  });
  return { ...model, graph: { ...model.graph, node: nodes } };
}

/** Axes are an attribute up to operator set 17, then an input. */
function isOverImage(each: OnnxNode, index: GraphIndex): boolean {
  const given = each.attribute.find(({ name }) => name === 'axes')?.ints ?? numbersOf(index.constants.get(each.input[1] ?? ''));
  const axes = given.map((axis) => Number(axis) + (Number(axis) < 0 ? 4 : 0)).sort((a, b) => a - b);
  return axes.join() === '2,3';
}

function numbersOf(tensor: OnnxTensor | undefined): readonly bigint[] {
  if (tensor?.dataType !== ELEMENT.int64 || tensor.rawData === undefined) return [];
  // A copy: the file's bytes begin anywhere.
  return [...new BigInt64Array(Uint8Array.from(tensor.rawData).buffer)];
}
