import { z } from 'zod';
import { BackboneName } from './backbones.js';
import { LossSettings } from './losses.js';
import { WeightsSource } from './weights-source.js';

const hash = z.string().regex(/^[0-9a-f]{8,64}$/, 'a sha256 in lower-case hexadecimal, whole or at least its first 8 digits');

/** Settings of stages 1, 4, 5 and 6 (method §1, §4, §5, §6). The numbers' meaning and units stand in `configs/train.yaml`. */
export const TrainSettings = z.strictObject({
  seed: z.int().min(0),
  environment: z.strictObject({
    device: z.enum(['auto', 'cuda', 'cpu']),
    threads: z.int().min(1).nullable(),
    engine: z.enum(['graph', 'eager']),
    minMemory: z.number().min(0),
    minDisk: z.number().min(0),
  }),
  model: z.strictObject({
    backbone: BackboneName,
    embedding: z.int().min(1),
    regression: z.enum(['auto', 'on', 'off']),
    padding: z.enum(['auto', 'symmetric', 'same']),
    batchNorm: z.strictObject({
      mode: z.enum(['trained', 'frozen', 'folded']),
      momentum: z.number().positive().max(1),
      epsilon: z.union([z.literal('auto'), z.number().positive()]),
    }),
    weights: z.strictObject({
      source: WeightsSource.nullable(),
      sha256: hash.nullable(),
      onUnavailable: z.enum(['fail', 'random']),
    }),
  }),
  loss: LossSettings,
  optimizer: z.strictObject({
    lr: z.number().positive(),
    weightDecay: z.number().min(0),
    decay: z.enum(['weights', 'all']),
    beta1: z.number().min(0).max(1),
    beta2: z.number().min(0).max(1),
    epsilon: z.number().positive(),
  }),
  schedule: z.strictObject({
    epochs: z.int().min(1),
    warmupEpochs: z.number().min(0),
    minLr: z.number().min(0),
  }),
  loop: z.strictObject({
    pairs: z.int().min(1),
    accumulate: z.int().min(1),
    clip: z.number().positive(),
    mixedPrecision: z.enum(['auto', 'off', 'bfloat16', 'float16']),
    explosion: z.strictObject({ loss: z.number().gt(1), gradNorm: z.number().gt(1) }),
    stallSeconds: z.number().positive(),
  }),
  earlyStopping: z.strictObject({
    points: z.number().min(0).max(100),
    evaluations: z.int().min(1),
  }),
  checkpoints: z.strictObject({
    everyEpochs: z.int().min(1),
    everySteps: z.int().min(1).nullable(),
    everyMinutes: z.number().positive(),
    keep: z.int().min(1),
  }),
  log: z.strictObject({
    everySteps: z.int().min(1),
  }),
  evaluation: z.strictObject({
    confidence: z.number().gt(0).lt(1),
    latencyRuns: z.int().min(1),
  }),
});
export type TrainSettings = z.infer<typeof TrainSettings>;
