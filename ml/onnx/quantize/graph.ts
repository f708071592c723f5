/** Questions to a graph: who makes a value, who uses it, which constants there are, what lies between two values. */
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from '../messages.js';

export type OnnxGraph = OnnxModel['graph'];

export class GraphIndex {
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  private readonly makers = new Map<string, OnnxNode>();
  private readonly users = new Map<string, OnnxNode[]>();
  private readonly outputs: ReadonlySet<string>;

  constructor(readonly graph: OnnxGraph) {
    this.constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    this.outputs = new Set(graph.output.map(({ name }) => name));
    for (const node of graph.node) {
      for (const output of node.output) this.makers.set(output, node);
      for (const input of new Set(node.input)) this.users.set(input, [...(this.users.get(input) ?? []), node]);
    }
  }

  /** The node that makes a value; undefined for inputs and constants. */
  maker(value: string): OnnxNode | undefined {
    return this.makers.get(value);
  }

  /** The one node that uses a value; undefined where there are several, none, or the graph gives the value out. */
  soleUser(value: string): OnnxNode | undefined {
    const users = this.users.get(value) ?? [];
    return users.length === 1 && !this.outputs.has(value) ? users[0] : undefined;
  }

  isOutput(value: string): boolean {
    return this.outputs.has(value);
  }

  /** Values that `value` is made of, walking back no further than `ends`: the nodes between, in order, and the ends that are met. */
  behind(value: string, ends: ReadonlySet<string>): { readonly nodes: readonly OnnxNode[]; readonly met: ReadonlySet<string> } {
    const needed = new Set<OnnxNode>();
    const met = new Set<string>();
    const open = [value];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (ends.has(name)) {
        met.add(name);
        continue;
      }
      const node = this.makers.get(name);
      if (node === undefined || needed.has(node)) continue;
      needed.add(node);
      open.push(...node.input);
    }
    return { nodes: this.graph.node.filter((node) => needed.has(node)), met };
  }
}

/** What a node does: an operator of another domain is told apart from the standard one of the same name. */
export function operatorOf({ opType, domain }: OnnxNode): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
}

/** A whole number among a node's attributes; `otherwise` where it has none of that name. One without a number is 0, which writers leave out. */
export function intOf(node: OnnxNode, name: string, otherwise: number): number {
  const attribute = attributeOf(node, name);
  return attribute === undefined ? otherwise : Number(attribute.i ?? 0);
}

/** A number among a node's attributes, as {@link intOf} takes it. */
export function floatOf(node: OnnxNode, name: string, otherwise: number): number {
  const attribute = attributeOf(node, name);
  return attribute === undefined ? otherwise : (attribute.f ?? 0);
}

function attributeOf(node: OnnxNode, name: string): OnnxAttribute | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

/** The part of `model` that makes `output` from `inputs`, as a model of its own. Output types are left to the runtime to infer. */
export function extract(model: OnnxModel, inputs: readonly OnnxValue[], output: string): OnnxModel {
  const index = new GraphIndex(model.graph);
  const { nodes, met } = index.behind(output, new Set(inputs.map(({ name }) => name)));
  const used = new Set(nodes.flatMap((node) => node.input));
  return {
    ...model,
    metadataProps: [],
    graph: {
      name: 'part',
      node: [...nodes],
      initializer: model.graph.initializer.filter(({ name }) => used.has(name)),
      input: inputs.filter(({ name }) => met.has(name)),
      output: [{ name: output }],
    },
  };
}
