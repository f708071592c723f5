/** What a checkpoint says besides its tensors, and how it is read back. */
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';
import { TrainSettings } from '../../configs/schema/train.js';
import { describeNetwork, type Network, type NetworkSpec } from '../network/network.js';
import type { Normalization } from '../weights/families.js';
import { readSafetensors, type Tensor } from '../weights/safetensors.js';
import { TrainingState } from './training-state.js';

const { shape: model } = TrainSettings.shape.model;
const Spec = z.strictObject({
  backbone: model.backbone,
  embedding: model.embedding,
  padding: model.padding.exclude(['auto']),
  batchNorm: model.batchNorm.extend({ epsilon: z.number().positive() }),
  regression: z.boolean(),
}) satisfies z.ZodType<NetworkSpec>;

/** How photos must be prepared for this network. */
export const Preprocessing = z.object({
  size: z.int(),
  crop: z.int(),
  mean: z.array(z.number()).length(3),
  std: z.array(z.number()).length(3),
});
export type Preprocessing = z.infer<typeof Preprocessing>;

/** Metadata of every checkpoint; each value is JSON text in the file, so that other tools read it too. */
export interface CheckpointMetadata {
  readonly network: NetworkSpec;
  /** What the network began from: `random`, or source and sha256. */
  readonly weights: string;
  readonly seed: number;
  /** How the weights that it began from expect photos to be normalised, where that is known. */
  readonly normalize?: Normalization;
  /** Null in an initial checkpoint. */
  readonly trained: {
    readonly preprocess: Preprocessing;
    readonly dataset: string;
    /** sha256 of the settings that decide the numbers. */
    readonly settings: string;
    readonly state: TrainingState;
  } | null;
}

export interface Checkpoint {
  readonly network: Network;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: CheckpointMetadata;
}

const Texts = z.object({ network: z.string(), weights: z.string(), seed: z.string(), normalize: z.string().optional() });
const Normalize = Preprocessing.pick({ mean: true, std: true });
const TrainedTexts = z.object({ preprocess: z.string(), dataset: z.string(), settings: z.string(), state: z.string() });

const FORMAT = 'emo-aen';

/** Whether a safetensors file with this metadata is one of our checkpoints. */
export function isCheckpoint(metadata: Readonly<Record<string, string>>): boolean {
  return metadata['format'] === FORMAT;
}

export function metadataTexts({ network, weights, seed, normalize, trained }: CheckpointMetadata): Record<string, string> {
  return {
    format: FORMAT,
    network: JSON.stringify(network),
    weights,
    seed: String(seed),
    ...(normalize === undefined ? {} : { normalize: JSON.stringify(normalize) }),
    ...(trained === null
      ? {}
      : {
          preprocess: JSON.stringify(trained.preprocess),
          dataset: trained.dataset,
          settings: trained.settings,
          state: JSON.stringify(trained.state),
        }),
  };
}

/** @throws Problem WEIGHTS where the file is not a checkpoint of this project, or lacks parameters of its own network. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  const parsed = readMetadata(metadata, path);
  const network = describeNetwork(parsed.network);
  const missing = network.parameters.filter(({ name, shape }) => tensors.get(name)?.shape.join() !== shape.join());
  if (missing.length > 0)
    throw new Problem({
      code: 'WEIGHTS',
      message: `the checkpoint lacks ${missing.length} parameters of its network, or has them in another shape: ${missing.map(({ name }) => name).join(', ')}`,
      where: path,
      cure: 'run the task that made it again',
    });
  return { network, tensors, metadata: parsed };
}

/** @throws Problem WEIGHTS where the metadata does not describe a network. */
export function readMetadata(metadata: Readonly<Record<string, string>>, path: string): CheckpointMetadata {
  try {
    const { network, weights, seed, normalize } = Texts.parse(metadata);
    const trained = metadata['state'] === undefined ? null : TrainedTexts.parse(metadata);
    return {
      network: Spec.parse(JSON.parse(network)),
      weights,
      seed: Number(seed),
      ...(normalize === undefined ? {} : { normalize: Normalize.parse(JSON.parse(normalize)) }),
      trained:
        trained === null
          ? null
          : {
              preprocess: Preprocessing.parse(JSON.parse(trained.preprocess)),
              dataset: trained.dataset,
              settings: trained.settings,
              state: TrainingState.parse(JSON.parse(trained.state)),
            },
    };
  } catch (cause) {
    throw new Problem({
      code: 'WEIGHTS',
      message: 'a safetensors file, but not a checkpoint of emo-aen: its metadata does not describe a network',
      where: path,
      cure: 'name weights of other programs under model.weights.source; here a checkpoint is needed',
      cause,
    });
  }
}
