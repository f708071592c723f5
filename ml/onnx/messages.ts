/**
 * The part of ONNX's protobuf messages that is written or read here, as data, and their encoding.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Unknown fields of a read file are skipped.
 */
import protobuf from 'protobufjs';
import { z } from 'zod';

/** TensorProto.DataType. */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;
/** AttributeProto.AttributeType. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

const one = (type: string, id: number): { type: string; id: number } => ({ type, id });
const many = (type: string, id: number): { rule: string; type: string; id: number } => ({ rule: 'repeated', type, id });
const packed = (type: string, id: number): { rule: string; type: string; id: number; options: { packed: true } } => ({
  ...many(type, id),
  options: { packed: true },
});

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        producerVersion: one('string', 3),
        graph: one('GraphProto', 7),
        opsetImport: many('OperatorSetIdProto', 8),
        metadataProps: many('StringStringEntryProto', 14),
        functions: many('FunctionProto', 25),
      },
    },
    FunctionProto: { fields: { name: one('string', 1) } },
    OperatorSetIdProto: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    StringStringEntryProto: { fields: { key: one('string', 1), value: one('string', 2) } },
    GraphProto: {
      fields: {
        node: many('NodeProto', 1),
        name: one('string', 2),
        initializer: many('TensorProto', 5),
        input: many('ValueInfoProto', 11),
        output: many('ValueInfoProto', 12),
      },
    },
    NodeProto: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        opType: one('string', 4),
        attribute: many('AttributeProto', 5),
        domain: one('string', 7),
      },
    },
    AttributeProto: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        t: one('TensorProto', 5),
        floats: packed('float', 7),
        ints: packed('int64', 8),
        strings: many('bytes', 9),
        type: one('int32', 20),
      },
    },
    TensorProto: {
      fields: {
        dims: packed('int64', 1),
        dataType: one('int32', 2),
        floatData: packed('float', 4),
        int32Data: packed('int32', 5),
        stringData: many('bytes', 6),
        int64Data: packed('int64', 7),
        name: one('string', 8),
        rawData: one('bytes', 9),
        doubleData: packed('double', 10),
        uint64Data: packed('uint64', 11),
        externalData: many('StringStringEntryProto', 13),
        dataLocation: one('int32', 14),
      },
    },
    ValueInfoProto: { fields: { name: one('string', 1), type: one('TypeProto', 2) } },
    TypeProto: { fields: { tensorType: one('TensorTypeProto', 1) } },
    TensorTypeProto: { fields: { elemType: one('int32', 1), shape: one('TensorShapeProto', 2) } },
    TensorShapeProto: { fields: { dim: many('DimensionProto', 1) } },
    DimensionProto: { fields: { dimValue: one('int64', 1), dimParam: one('string', 2) } },
  },
});
const ModelProto = root.lookupType('ModelProto');

/** 64 bits wide, as digits: a number holds only 53 of them. */
const digits = z.union([z.string(), z.number()]);
const int = digits.default(0).transform(Number);
const text = z.string().default('');
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** As a file has it: the numbers in one of several lists. */
const StoredTensor = z.object({
  name: text,
  dims: z.array(digits.transform(Number)),
  dataType: int,
  rawData: bytes.optional(),
  floatData: z.array(z.number()).optional(),
  int32Data: z.array(z.number()).optional(),
  int64Data: z.array(digits).optional(),
  doubleData: z.array(z.number()).optional(),
  uint64Data: z.array(digits).optional(),
  stringData: z.array(bytes).optional(),
  externalData: z.array(z.object({ key: text, value: text })).optional(),
  dataLocation: z.number().optional(),
});
type StoredTensor = z.infer<typeof StoredTensor>;

/** A constant. */
export interface OnnxTensor {
  name: string;
  dims: number[];
  dataType: number;
  /** Little-endian, row-major; undefined for words and where the numbers are in another file. */
  rawData?: Uint8Array | undefined;
  /** Words instead of numbers. */
  stringData?: Uint8Array[] | undefined;
  /** Where the numbers are in another file: its `location`, `offset` and `length`. */
  externalData?: { key: string; value: string }[] | undefined;
  /** 1: the numbers are in another file. */
  dataLocation?: number | undefined;
}
const OnnxTensor = StoredTensor.transform(asOneList);

/** A number where that holds it, else a bigint: "to the end" is often 2^63 - 1. */
const wide = digits.transform((value): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value)));

const OnnxAttribute = z.object({
  name: text,
  type: int,
  f: z.number().optional(),
  i: wide.optional(),
  s: bytes.optional(),
  t: OnnxTensor.optional(),
  floats: z.array(z.number()).optional(),
  ints: z.array(wide).optional(),
  strings: z.array(bytes).optional(),
});
export type OnnxAttribute = z.infer<typeof OnnxAttribute>;

const OnnxNode = z.object({
  name: text,
  opType: text,
  domain: text,
  input: z.array(z.string()),
  output: z.array(z.string()),
  attribute: z.array(OnnxAttribute),
});
export type OnnxNode = z.infer<typeof OnnxNode>;

const OnnxDimension = z.object({ dimValue: digits.transform(Number).optional(), dimParam: z.string().optional() });
const OnnxValue = z.object({
  name: text,
  type: z
    .object({ tensorType: z.object({ elemType: int, shape: z.object({ dim: z.array(OnnxDimension) }).optional() }).optional() })
    .optional(),
});
/** A graph's input or output: name, element type, and dimensions as numbers or names. */
export type OnnxValue = z.infer<typeof OnnxValue>;

const OnnxModel = z.object({
  irVersion: int,
  producerName: text,
  producerVersion: text,
  opsetImport: z.array(z.object({ domain: text, version: int })),
  metadataProps: z.array(z.object({ key: text, value: text })),
  /** Operators that the model defines itself; their bodies are not read here. */
  functions: z.array(z.object({ name: text })).optional(),
  graph: z.object({
    name: text,
    node: z.array(OnnxNode),
    initializer: z.array(OnnxTensor),
    input: z.array(OnnxValue),
    output: z.array(OnnxValue),
  }),
});
export type OnnxModel = z.infer<typeof OnnxModel>;

/** The model's bytes; equal models give equal bytes. */
export function encodeModel(model: OnnxModel): Uint8Array {
  // The encoder knows no bigint and would write 0: digits it takes.
  const written = (value: number | bigint): number | string => (typeof value === 'bigint' ? String(value) : value);
  const node = model.graph.node.map((each) => ({
    ...each,
    attribute: each.attribute.map(({ i, ints, ...rest }) => ({
      ...rest,
      ...(i === undefined ? {} : { i: written(i) }),
      ...(ints === undefined ? {} : { ints: ints.map(written) }),
    })),
  }));
  return ModelProto.encode({ ...model, graph: { ...model.graph, node } }).finish();
}

/** @throws Error, in words where a tensor is not what it says, for bytes that are not an ONNX model. */
export function decodeModel(data: Uint8Array): OnnxModel {
  return OnnxModel.parse(ModelProto.toObject(ModelProto.decode(data), { longs: String, arrays: true }));
}

/** What a tensor says of itself is not so. */
export class TensorFault extends Error {}

/** Bits of a number, by TensorProto.DataType; words and complex numbers are left out. */
const BITS: Readonly<Record<number, number>> = {
  1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4,
}; // prettier-ignore

/** The same tensor with its numbers as bytes, whichever list they were in. @throws TensorFault where its dimensions say something else. */
function asOneList(stored: StoredTensor): OnnxTensor {
  const { name, dims, dataType, rawData, stringData, externalData, dataLocation } = stored;
  if (dataLocation === 1) return { name, dims, dataType, externalData, dataLocation };
  if (dataType === WORDS) return { name, dims, dataType, stringData };
  const tensor = { name, dims, dataType, rawData: rawData !== undefined && rawData.length > 0 ? rawData : bytesOf(stored) };
  checkSize(tensor, tensor.rawData.length);
  return tensor;
}

const WORDS = 8;

/** @throws TensorFault where dimensions are no counts, or the bytes are not as many as they say. */
export function checkSize({ name, dims, dataType }: Pick<OnnxTensor, 'name' | 'dims' | 'dataType'>, bytes: number): void {
  const said = `tensor ${name} says that it is [${dims.join(', ')}]`;
  if (!dims.every((side) => Number.isSafeInteger(side) && side >= 0)) throw new TensorFault(`${said}, which are no counts`);
  const bits = BITS[dataType];
  if (bits === undefined) throw new TensorFault(`tensor ${name} has element type ${dataType}, which is not read`);
  const expected = Math.ceil((dims.reduce((product, side) => product * side, 1) * bits) / 8);
  if (expected !== bytes) throw new TensorFault(`${said}, ${expected} bytes, and holds ${bytes}`);
}

/** The numbers of the list that the element type uses: onnx.proto, TensorProto. */
function bytesOf({ dataType, floatData, int32Data, int64Data, doubleData, uint64Data }: StoredTensor): Uint8Array {
  const asBytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
  if (floatData !== undefined && floatData.length > 0) return asBytes(Float32Array.from(floatData));
  if (doubleData !== undefined && doubleData.length > 0) return asBytes(Float64Array.from(doubleData));
  if (int64Data !== undefined && int64Data.length > 0) return asBytes(BigInt64Array.from(int64Data, BigInt));
  if (uint64Data !== undefined && uint64Data.length > 0) {
    const numbers = uint64Data.map(BigInt);
    return asBytes(BITS[dataType] === 32 ? Uint32Array.from(numbers, Number) : BigUint64Array.from(numbers));
  }
  const numbers = int32Data ?? [];
  if (BITS[dataType] === 32) return asBytes(Int32Array.from(numbers));
  return asBytes(BITS[dataType] === 16 ? Uint16Array.from(numbers) : Uint8Array.from(numbers));
}
