/**
 * What the settings leave to the weights. Padding and batch norm's epsilon are no tensors, yet the same tensors with another padding
 * give other features: `auto` takes what the weights were made with, and whoever says otherwise is told so.
 */
import { Problem } from '../../configs/problem.js';
import type { TrainSettings } from '../../configs/schema/train.js';
import type { NetworkSpec } from '../network/network.js';
import { FAMILIES, type Conventions, type Normalization } from './families.js';

/** Where nothing is loaded: torchvision's, so that other weights can be tried without another network. */
export const OF_RANDOM_WEIGHTS: Conventions = { ...FAMILIES.torchvision, normalize: null };

/** Of a batch norm that is folded into the convolutions and never computed. */
const UNUSED_EPSILON = FAMILIES.torchvision.epsilon;

/**
 * The network of the settings, nothing left open, and in words where it is not what the weights were made for. The regression head is
 * there wherever it may be needed; training drops it where no photo has a score.
 * @throws Problem CONFIGURATION where `auto` is asked of weights that do not say.
 */
export function settle(
  { backbone, embedding, padding, batchNorm, regression }: TrainSettings['model'],
  weights: Conventions,
): { readonly spec: NetworkSpec; readonly warnings: readonly string[] } {
  const folded = batchNorm.mode === 'folded';
  const epsilon = folded ? null : weights.epsilon;
  const spec: NetworkSpec = {
    backbone,
    embedding,
    padding: padding === 'auto' ? known('padding', 'symmetric or same', weights.padding) : padding,
    batchNorm: {
      ...batchNorm,
      epsilon: batchNorm.epsilon !== 'auto' ? batchNorm.epsilon : folded ? UNUSED_EPSILON : known('batchNorm.epsilon', 'a number', epsilon),
    },
    regression: regression !== 'off',
  };
  return {
    spec,
    warnings: [
      ...contradiction('padding', weights.padding, spec.padding),
      ...contradiction('batchNorm.epsilon', epsilon, spec.batchNorm.epsilon),
    ],
  };
}

function known<T>(setting: string, choice: string, value: T | null): T {
  if (value !== null) return value;
  throw new Problem({
    code: 'CONFIGURATION',
    message: `model.${setting} is auto, and the weights do not say what they were made with: their batch norm is folded, by nobody knows whom`,
    where: 'train.yaml',
    cure: `set model.${setting} to ${choice}, as whoever made the weights says`,
  });
}

function contradiction<T>(setting: string, expected: T | null, set: T): string[] {
  if (expected === null || expected === set) return [];
  return [
    `the weights were made with model.${setting} ${String(expected)}, the settings say ${String(set)}: the network computes other features with them; auto follows the weights`,
  ];
}

/** In words, where photos are not normalised as the weights expect; null: nothing is known of that. */
export function preparationWarnings(expected: Normalization | null, { mean, std }: Normalization): string[] {
  if (expected === null || (expected.mean.join() === mean.join() && expected.std.join() === std.join())) return [];
  const inWords = (norm: Normalization): string => `mean ${norm.mean.join(', ')} and std ${norm.std.join(', ')}`;
  return [
    `the weights were made for photos normalised by ${inWords(expected)}; preprocess.yaml says ${inWords({ mean, std })}: set normalize there, or expect to need more training`,
  ];
}
