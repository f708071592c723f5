/** Walks the network's nodes forward, and back again for gradients. */
import { INPUT, isTrained, type Network } from '../network/network.js';
import { withNormActivations } from './fuse.js';
import { pick, type Kernels, type Precision, type Value, type Values } from './kernels.js';
import { applyNode, type Applied } from './layers.js';
import * as ops from './ops.js';

export interface ForwardOptions {
  /** Batch norm by the batch, and its running averages kept up. */
  readonly training: boolean;
  readonly precision: Precision;
}

export interface Forward {
  value(name: string): Value;
  /** New running averages by parameter name; empty unless training with batch norm `trained`. */
  readonly averages: Values;
  /** Gradients of every trained parameter from those of named values (`score`, `regression`). */
  backward(seeds: Values): Map<string, Value>;
}

/**
 * @param parameters in the engine's layouts (see layout.ts), by name
 * @param photos float32 [N, crop, crop, 3], normalised
 */
export function forward(k: Kernels, network: Network, parameters: Values, photos: Value, { training, precision }: ForwardOptions): Forward {
  const values = new Map([[INPUT, ops.cast(k, photos, precision)]]);
  const averages = new Map<string, Value>();
  const nodes = k.own && training && precision === 'float32' ? withNormActivations(network) : network.nodes;
  const applied: Applied[] = nodes.map((node) => {
    const layer = applyNode(node, {
      k,
      spec: network.spec,
      training,
      value: (name) => pick(values, name),
      parameter: (name) => pick(parameters, name),
      average: (name, value) => averages.set(name, value),
    });
    values.set(node.output, layer.output);
    return layer;
  });

  const backward = (seeds: Values): Map<string, Value> => {
    const gradients = new Map(seeds);
    for (let index = applied.length - 1; index >= 0; index--) {
      const output = nodes[index]?.output;
      const gradient = output === undefined ? undefined : gradients.get(output);
      if (gradient === undefined) continue;
      for (const [name, part] of applied[index]?.backward(gradient) ?? []) {
        const before = gradients.get(name);
        gradients.set(name, before === undefined ? part : ops.binary(k, 'AddV2', before, part));
      }
    }
    const trained = network.parameters.filter((parameter) => isTrained(parameter, network.spec));
    return new Map(trained.map(({ name }) => [name, pick(gradients, name)]));
  };

  return { value: (name) => pick(values, name), averages, backward };
}
