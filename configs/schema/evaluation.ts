/** Artifact `evaluation` (stage 6) and `parity` (stage 7): what is known about the model's quality. */
import { z } from 'zod';

/** A share with its Wilson interval: `value` in [0, 1]. */
export const Share = z.object({ value: z.number(), low: z.number(), high: z.number(), count: z.int() });
export type Share = z.infer<typeof Share>;

export const Evaluation = z.object({
  version: z.literal(1),
  split: z.literal('test'),
  checkpointSha256: z.string(),
  device: z.string(),
  pairwiseAccuracy: Share,
  hingeLoss: z.number(),
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

export const Parity = z.object({
  version: z.literal(1),
  photos: z.int(),
  pairs: z.int(),
  fp32ScoreError: z.number(),
  int8Cosine: z.object({ mean: z.number(), least: z.number() }),
  pairsAlike: z.number(),
  fp32Accuracy: Share,
  int8Accuracy: Share,
  accuracyDrop: z.number(),
  /** Median milliseconds for one photo, one thread, onnxruntime-node. */
  latency: z.object({ fp32Ms: z.number(), int8Ms: z.number() }),
  bytes: z.object({ fp32: z.int(), int8: z.int() }),
});
export type Parity = z.infer<typeof Parity>;
