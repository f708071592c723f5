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
        int64Data: packed('int64', 7),
        doubleData: packed('double', 10),
        name: one('string', 8),
        rawData: one('bytes', 9),
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

const int = z.number().default(0);
const text = z.string().default('');
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

const OnnxTensor = z.object({
  name: text,
  dims: z.array(z.number()),
  dataType: int,
  rawData: bytes.optional(),
  floatData: z.array(z.number()).optional(),
  int32Data: z.array(z.number()).optional(),
  int64Data: z.array(z.number()).optional(),
  doubleData: z.array(z.number()).optional(),
  /** 1: the values are in another file, which is not read here. */
  dataLocation: z.number().optional(),
});
/** A constant: `rawData` little-endian, row-major; other programs may use `floatData` instead. */
export type OnnxTensor = z.infer<typeof OnnxTensor>;

const OnnxAttribute = z.object({
  name: text,
  type: int,
  f: z.number().optional(),
  i: z.number().optional(),
  s: bytes.optional(),
  t: OnnxTensor.optional(),
  floats: z.array(z.number()).optional(),
  ints: z.array(z.number()).optional(),
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

const OnnxDimension = z.object({ dimValue: z.number().optional(), dimParam: z.string().optional() });
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
  return ModelProto.encode(model).finish();
}

/** @throws Error where the bytes are not an ONNX model. */
export function decodeModel(data: Uint8Array): OnnxModel {
  return OnnxModel.parse(ModelProto.toObject(ModelProto.decode(data), { longs: Number, arrays: true }));
}
