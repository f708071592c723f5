/** A checkpoint as a network with its parameters, for whoever needs the weights and no engine. */
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';
import { TrainSettings } from '../../configs/schema/train.js';
import { describeNetwork, type Network } from '../network/network.js';
import { readSafetensors, type Tensor } from '../weights/safetensors.js';

export interface TrainedNetwork {
  readonly network: Network;
  /** Every parameter of the network, in torchvision's layout, all numbers finite. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a checkpoint says of its network under metadata key `network`. */
const StoredSpec = TrainSettings.shape.model
  .pick({ backbone: true, embedding: true, padding: true, batchNorm: true })
  .extend({ regression: z.boolean() });

/**
 * Reads a checkpoint; tensors that are not parameters (`optimizer.*`) are left aside.
 * @throws Problem WEIGHTS where the file does not say its network, lacks a parameter, has one of another shape, or NUMERICS where
 * one is not finite.
 */
export async function readTrainedNetwork(path: string): Promise<TrainedNetwork> {
  const { tensors, metadata } = await readSafetensors(path);
  const network = describeNetwork(specOf(metadata, path));
  const parameters = new Map(
    network.parameters.map(({ name, shape }) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw unfit(path, `parameter ${name} is not in it`);
      if (tensor.shape.join() !== shape.join())
        throw unfit(path, `parameter ${name} has shape [${tensor.shape.join(', ')}], the network needs [${shape.join(', ')}]`);
      const odd = tensor.data.findIndex((number) => !Number.isFinite(number));
      if (odd >= 0) throw notFinite(path, name, tensor.data[odd]);
      return [name, tensor];
    }),
  );
  return { network, parameters, metadata };
}

function specOf(metadata: Readonly<Record<string, string>>, path: string): z.infer<typeof StoredSpec> {
  const text = metadata['network'];
  if (text === undefined) throw unfit(path, 'its metadata does not say which network it is of (key "network")');
  try {
    return StoredSpec.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw unfit(path, `its metadata "network" is not a network: ${reason}`, error);
  }
}

function unfit(path: string, message: string, cause?: unknown): Problem {
  return new Problem({
    code: 'WEIGHTS',
    message: `not a checkpoint that can be exported: ${message}`,
    where: path,
    cure: 'export a checkpoint that emo-aen wrote (checkpoints/<run>/), or train again',
    cause,
  });
}

function notFinite(path: string, name: string, value: number | undefined): Problem {
  return new Problem({
    code: 'NUMERICS',
    message: `parameter ${name} holds ${value}: the training diverged`,
    where: path,
    cure: 'train again with a lower learning rate (--set train.optimizer.lr=1e-4)',
  });
}
