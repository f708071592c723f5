/** Constructors of ONNX nodes, constants and values: the one place that knows how their fields are filled. */
import { ATTRIBUTE, ELEMENT, type OnnxAttribute, type OnnxNode, type OnnxTensor, type OnnxValue } from './messages.js';

export type ElementType = keyof typeof ELEMENT;
type Numbers = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** An attribute's value says its type: numbers are ints unless given as `{ float }`. */
export type AttributeValue = number | readonly number[] | { readonly float: number } | { readonly text: string };

export function attribute(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === 'number') return { name, type: ATTRIBUTE.int, i: value };
  if ('text' in value) return { name, type: ATTRIBUTE.string, s: new TextEncoder().encode(value.text) };
  if ('float' in value) return { name, type: ATTRIBUTE.float, f: value.float };
  return { name, type: ATTRIBUTE.ints, ints: [...value] };
}

/** A node of the standard domain. It is named after its first output, which is unique in a graph. */
export function node(
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): OnnxNode {
  return {
    name: output,
    opType,
    domain: '',
    input: [...input],
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  };
}

const TYPE_OF = new Map<unknown, ElementType>([
  [Float32Array, 'float32'],
  [Uint8Array, 'uint8'],
  [Int8Array, 'int8'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
]);

/** A constant; its element type is that of `data`. Typed arrays are little-endian on every machine that onnxruntime runs on. */
export function constant(name: string, dims: readonly number[], data: Numbers): OnnxTensor {
  const type = TYPE_OF.get(data.constructor);
  if (type === undefined) throw new TypeError(`no ONNX element type for ${data.constructor.name}`);
  return {
    name,
    dims: [...dims],
    dataType: ELEMENT[type],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

/** A graph's input or output; a dimension given as a word is free. */
export function value(name: string, type: ElementType, dims: readonly (number | string)[]): OnnxValue {
  const dim = dims.map((side) => (typeof side === 'number' ? { dimValue: side } : { dimParam: side }));
  return { name, type: { tensorType: { elemType: ELEMENT[type], shape: { dim } } } };
}

/** The numbers of a float32 constant. @throws TypeError for another element type, or where they lie in another file. */
export function floatsOf(tensor: OnnxTensor): Float32Array {
  if (tensor.dataType !== ELEMENT.float32 || tensor.dataLocation === 1)
    throw new TypeError(`constant ${tensor.name} is not float32 inside the model`);
  if (tensor.rawData === undefined) return new Float32Array(0);
  const copy = new Float32Array(tensor.rawData.length / 4);
  new Uint8Array(copy.buffer).set(tensor.rawData);
  return copy;
}
