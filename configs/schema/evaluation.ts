/** Artifact `evaluation` (stage 6) and `parity` (stage 7): what is known about the model's quality. */
import { z } from 'zod';
import { LossKind } from './losses.js';
import { Yardstick } from './scores.js';

/** A share with its Wilson interval: `value` in [0, 1]. */
export const Share = z.object({ value: z.number(), low: z.number(), high: z.number(), count: z.int() });
export type Share = z.infer<typeof Share>;

export const Evaluation = z.object({
  version: z.literal(2),
  split: z.literal('test'),
  checkpointSha256: z.string(),
  device: z.string(),
  pairwiseAccuracy: Share,
  /** Mean ranking loss over the pairs. */
  loss: z.object({ kind: LossKind, value: z.number() }),
  /** Kendall tau-b between score and label (good above bad), or mean opinion score where there are any; null where undefined. */
  kendallTauB: z.number().nullable(),
  folders: z.array(z.object({ folder: z.string(), pairs: z.int(), pairwiseAccuracy: Share, kendallTauB: z.number().nullable() })),
  /** Milliseconds for one photo on `device`. */
  latency: z.object({ runs: z.int(), medianMs: z.number(), p95Ms: z.number() }),
  /** Score of every test photo, in [-1, 1]: what the ONNX export is compared with. */
  scores: z.array(z.object({ file: z.string(), score: z.number() })),
  /** What the network began from: `random`, or the source and sha256 of the weights. */
  weights: z.string(),
});
export type Evaluation = z.infer<typeof Evaluation>;

/** Models that are compared with the FP32 export. */
export const OTHER_MODELS = ['onnx-int8', 'onnx-int8-weights'] as const;
export type OtherModel = (typeof OTHER_MODELS)[number];

/** What a model answers beside the FP32 export, over the whole test split. */
export const Agreement = z.object({
  /** Of the two embeddings of a photo. It flatters: embeddings share a part that is the same for all photos. */
  cosine: z.object({ median: z.number(), fifth: z.number(), least: z.number() }),
  /** Squared difference of embeddings over their variance between photos. */
  errorOverVariance: z.number(),
  /** Share of pairs of a good and a bad photo that both models put in the same order; and of all pairs of photos. */
  pairsAlike: z.number(),
  allPairsAlike: z.number(),
  accuracy: Share,
  /** Pairwise accuracy of FP32 less that of this model, with the interval for shares of the same pairs. */
  accuracyDrop: z.object({ value: z.number(), low: z.number(), high: z.number() }),
  /** Whose mean over all photos is `errorOverVariance`; largest first. */
  worstPhotos: z.array(z.object({ file: z.string(), errorOverVariance: z.number() })),
  /** Where the difference comes from, by what each layer adds to that of its inputs; most first. On a few photos. */
  worstLayers: z.array(z.object({ layer: z.string(), errorOverVariance: z.number(), added: z.number() })),
});
export type Agreement = z.infer<typeof Agreement>;

/** One photo at a time, warm. */
const Timing = z.object({
  model: z.enum(['onnx', ...OTHER_MODELS]),
  threads: z.int(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  /** Median over turns of a few photos, of their median over that of `onnx` in the same turn: holds where the milliseconds do not. */
  ratio: z.number(),
  /** From the file to a session that can run. */
  loadMs: z.number(),
  /** Of the whole process, its runtime included; null where it cannot be told. */
  peakMegabytes: z.number().nullable(),
});
export type Timing = z.infer<typeof Timing>;

/** In a real browser, slowed down as a stand-in for a phone. It is no evidence about a phone's processor. */
export const BrowserLatency = z.object({
  /** Name and version. */
  browser: z.string(),
  /** onnxruntime-web with its version and backend. */
  runtime: z.string(),
  processor: z.string(),
  /** How many times the browser was slowed down while photos were timed, not while models were loaded; 1: not. */
  cpuThrottling: z.number(),
  rounds: z.int(),
  runs: z.int(),
  timings: z.array(Timing),
});
export type BrowserLatency = z.infer<typeof BrowserLatency>;

export const Latency = z.object({
  /** onnxruntime-node with its version: each model in a process of its own, in turn. */
  runtime: z.string(),
  processor: z.string(),
  rounds: z.int(),
  /** Timed photos of a model in a round. */
  runs: z.int(),
  timings: z.array(Timing),
  /** The same in a real browser, or why it was not measured there; left out where nobody wanted it. */
  browser: z.union([BrowserLatency, z.strictObject({ missing: z.string() })]).optional(),
});
export type Latency = z.infer<typeof Latency>;

export const Parity = z.object({
  version: z.literal(3),
  photos: z.int(),
  /** Of a good and a bad photo. */
  pairs: z.int(),
  /** Largest difference of a score from the trained network's. */
  fp32ScoreError: z.number(),
  fp32Accuracy: Share,
  models: z.object({ 'onnx-int8': Agreement, 'onnx-int8-weights': Agreement }),
  /** Of each model's own scores. */
  yardsticks: z.object({ onnx: Yardstick, 'onnx-int8': Yardstick, 'onnx-int8-weights': Yardstick }),
  latency: Latency,
  bytes: z.object({ onnx: z.int(), 'onnx-int8': z.int(), 'onnx-int8-weights': z.int() }),
});

export type Parity = z.infer<typeof Parity>;
