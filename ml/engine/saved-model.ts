/**
 * Just enough of TensorFlow's protocol buffers to write a graph as a SavedModel, as data.
 * Source: tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape,versions}.proto, tensorflow/core/protobuf/{meta_graph,saved_model}.proto.
 */
import protobuf from 'protobufjs';

export interface AttrValue {
  readonly list?: { readonly i: readonly number[] };
  readonly s?: Uint8Array;
  readonly i?: number;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: number;
  readonly shape?: TensorShape;
  readonly tensor?: { readonly dtype: number; readonly tensor_shape: TensorShape; readonly tensor_content: Uint8Array };
}
export interface TensorShape {
  readonly dim: readonly { readonly size: number }[];
}
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, AttrValue>>;
}

export const TAG = 'serve';
/** Version of the graph format, as TensorFlow 2.21 writes it (tensorflow/core/public/version.h, TF_GRAPH_DEF_VERSION). */
const PRODUCER = 1882;

const field = (type: string, id: number): protobuf.IField => ({ type, id });
const repeated = (type: string, id: number, packed = false): protobuf.IField => ({
  type,
  id,
  rule: 'repeated',
  ...(packed ? { options: { packed } } : {}),
});

const mapField = (type: string, id: number): protobuf.IMapField => ({ keyType: 'string', type, id });

const MESSAGES: protobuf.INamespace = {
  nested: {
    Dim: { fields: { size: field('int64', 1) } },
    TensorShape: { fields: { dim: repeated('Dim', 2) } },
    TensorProto: { fields: { dtype: field('int32', 1), tensor_shape: field('TensorShape', 2), tensor_content: field('bytes', 4) } },
    List: { fields: { i: repeated('int64', 3, true) } },
    AttrValue: {
      oneofs: { value: { oneof: ['list', 's', 'i', 'f', 'b', 'type', 'shape', 'tensor'] } },
      fields: {
        list: field('List', 1),
        s: field('bytes', 2),
        i: field('int64', 3),
        f: field('float', 4),
        b: field('bool', 5),
        type: field('int32', 6),
        shape: field('TensorShape', 7),
        tensor: field('TensorProto', 8),
      },
    },
    NodeDef: {
      fields: {
        name: field('string', 1),
        op: field('string', 2),
        input: repeated('string', 3),
        device: field('string', 4),
        attr: mapField('AttrValue', 5),
      },
    },
    VersionDef: { fields: { producer: field('int32', 1) } },
    GraphDef: { fields: { node: repeated('NodeDef', 1), versions: field('VersionDef', 4) } },
    MetaInfo: { fields: { tags: repeated('string', 4) } },
    MetaGraph: { fields: { meta_info_def: field('MetaInfo', 1), graph_def: field('GraphDef', 2) } },
    SavedModel: { fields: { saved_model_schema_version: field('int64', 1), meta_graphs: repeated('MetaGraph', 2) } },
  },
};

const SavedModel = protobuf.Root.fromJSON(MESSAGES).lookupType('SavedModel');

/** The bytes of a `saved_model.pb` with one graph, tagged {@link TAG}. */
export function encodeSavedModel(nodes: readonly NodeDef[]): Uint8Array {
  const graph = { node: nodes, versions: { producer: PRODUCER } };
  const model = { saved_model_schema_version: 1, meta_graphs: [{ meta_info_def: { tags: [TAG] }, graph_def: graph }] };
  const message = SavedModel.fromObject(model);
  return SavedModel.encode(message).finish();
}
