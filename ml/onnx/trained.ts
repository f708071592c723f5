/** A checkpoint as a network with sound parameters, for whoever needs the weights and no engine. */
import { Problem } from '../../configs/problem.js';
import { readCheckpoint, type CheckpointMetadata } from '../engine/checkpoint.js';
import type { Network } from '../network/network.js';
import type { Tensor } from '../weights/safetensors.js';

export interface TrainedNetwork {
  readonly network: Network;
  /** Every parameter of the network, in torchvision's layout, all numbers finite. */
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/**
 * Reads a checkpoint; tensors that are not parameters (`optimizer.*`) are left aside.
 * @throws Problem WEIGHTS where the file does not describe a network, or lacks parameters of it; NUMERICS where one is not finite.
 */
export async function readTrainedNetwork(path: string): Promise<TrainedNetwork & { readonly metadata: CheckpointMetadata }> {
  const { network, tensors, metadata } = await readCheckpoint(path);
  const parameters = new Map<string, Tensor>();
  for (const { name } of network.parameters) {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`readCheckpoint let ${path} through without ${name}`);
    const odd = tensor.data.find((number) => !Number.isFinite(number));
    if (odd !== undefined) throw diverged(path, name, odd);
    parameters.set(name, tensor);
  }
  return { network, parameters, metadata };
}

function diverged(path: string, name: string, value: number): Problem {
  return new Problem({
    code: 'NUMERICS',
    message: `parameter ${name} holds ${value}: the training diverged`,
    where: path,
    cure: 'train again with a lower learning rate, such as --set train.optimizer.lr=1e-4',
  });
}
