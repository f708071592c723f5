/** What the parent and its child say to each other, checked on both sides. */
import { z } from 'zod';
import { CATALOG } from '../../../configs/schema/catalog.js';
import { FailureRecord } from '../../../configs/failure.js';
import { Progress } from '../../../configs/schema/payload.js';
import { Evaluation } from '../../../configs/schema/evaluation.js';

/** Absolute paths of the photo cache. */
const Photos = { cacheIndex: z.string(), cache: z.string() };
const Engine = z.enum(['graph', 'eager']);

export const TrainJob = z.object({
  kind: z.literal('train'),
  ...Photos,
  initialCheckpoint: z.string(),
  initialSha256: z.string(),
  cacheSha256: z.string(),
  /** Absolute folder of this run's checkpoints. */
  checkpoints: z.string(),
  /** Absolute path of `metrics.jsonl`. */
  metrics: z.string(),
  settings: CATALOG.train.settings,
});
export type TrainJob = z.infer<typeof TrainJob>;

export const TrainResult = z.object({
  kind: z.literal('train'),
  best: z.string(),
  last: z.string(),
  /** False where it was asked to stop: the checkpoint is written, the results are not. */
  complete: z.boolean(),
  training: z.object({
    epochs: z.int(),
    steps: z.int(),
    ended: z.string().nullable(),
    bestEpoch: z.int().nullable(),
    bestAccuracy: z.number().nullable(),
    pairs: z.int(),
    /** Parts of each step at the end: `loop.accumulate`, or more where the device had too little memory. */
    microBatches: z.int(),
    regression: z.boolean(),
    device: z.string(),
    engine: Engine,
    precision: z.enum(['float32', 'bfloat16', 'float16']),
    threads: z.int(),
    weights: z.string(),
    /** `epoch E, step S` that this process continued from, null from the beginning. */
    resumedFrom: z.string().nullable(),
    seconds: z.number(),
    peakMemoryMb: z.number(),
  }),
  warnings: z.array(z.string()),
});
export type TrainResult = z.infer<typeof TrainResult>;

export const EvaluateJob = z.object({
  kind: z.literal('evaluate'),
  ...Photos,
  checkpoint: z.string(),
  checkpointSha256: z.string(),
  settings: CATALOG.evaluate.settings,
});
export type EvaluateJob = z.infer<typeof EvaluateJob>;

export const EvaluateResult = z.object({ kind: z.literal('evaluate'), evaluation: Evaluation, warnings: z.array(z.string()) });
export type EvaluateResult = z.infer<typeof EvaluateResult>;

export const Job = z.discriminatedUnion('kind', [TrainJob, EvaluateJob]);
export type Job = z.infer<typeof Job>;
export const Result = z.discriminatedUnion('kind', [TrainResult, EvaluateResult]);
export type Result = z.infer<typeof Result>;

export const ToChild = z.object({ job: Job });
export type ToChild = z.infer<typeof ToChild>;

export const FromChild = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), progress: Progress }),
  z.object({ kind: z.literal('result'), result: Result }),
  z.object({ kind: z.literal('failure'), failure: FailureRecord }),
]);
export type FromChild = z.infer<typeof FromChild>;
