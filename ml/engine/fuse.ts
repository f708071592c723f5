/** The network's nodes with each batch norm and the activation behind it as one, for the kernel that does both (native/batch-norm.cc). */
import type { BatchNormNode, Network, Node, PointwiseNode } from '../network/network.js';
import type { OwnActivation } from './own.js';

/** Parameters as of a batch norm; `output` is the activation's. */
export interface NormActivationNode {
  readonly op: 'normActivation';
  readonly input: string;
  readonly output: string;
  readonly prefix: string;
  readonly activation: OwnActivation;
}
export type FusedNode = Node | NormActivationNode;

/** Only for training with batch norm `trained`; otherwise the nodes as they are. */
export function withNormActivations({ nodes, spec }: Network): readonly FusedNode[] {
  if (spec.batchNorm.mode !== 'trained') return nodes;
  return nodes.flatMap((node, index): FusedNode[] => {
    const before = nodes[index - 1];
    if (node.op === 'batchNorm') return activationBehind(nodes, node) === null ? [fused(node, null)] : [];
    if (before?.op === 'batchNorm' && activationBehind(nodes, before) === node) return [fused(before, node)];
    return [node];
  });
}

function fused({ input, output, prefix }: BatchNormNode, activation: PointwiseNode | null): NormActivationNode {
  const kind = activation === null ? 'none' : (activation.op as OwnActivation);
  return { op: 'normActivation', input, output: activation?.output ?? output, prefix, activation: kind };
}

/** The activation that alone reads the norm's output, and comes next. */
function activationBehind(nodes: readonly Node[], norm: BatchNormNode): PointwiseNode | null {
  const readers = nodes.filter((node) => valuesReadBy(node).includes(norm.output));
  const [reader] = readers;
  if (readers.length !== 1 || reader === undefined || nodes[nodes.indexOf(norm) + 1] !== reader) return null;
  return reader.op === 'relu' || reader.op === 'hardSwish' ? reader : null;
}

function valuesReadBy(node: Node): string[] {
  if (node.op === 'scale') return [node.input, node.by];
  return node.op === 'add' ? [node.input, node.other] : [node.input];
}
