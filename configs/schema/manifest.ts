/**
 * `models/manifest.json`: what is published, and all that a client needs to use it (method §7.4). It is written last, so that
 * a manifest that can be read names only files that are complete.
 */
import { z } from 'zod';
import { Parity, Share } from './evaluation.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Relative to the folder that holds the manifest, with `/`; it never leads out of that folder. */
const InsidePath = z
  .string()
  .min(1)
  .refine((path) => !/^[/\\]|^[A-Za-z]:|\\/.test(path) && !path.split('/').includes('..'), 'a path inside the bundle, relative and with /');

export const ManifestFile = z.object({
  /** `onnx`: float32; `onnx-int8`: static INT8 (QDQ); `checkpoint`: safetensors with torchvision's parameter names. */
  name: z.enum(['onnx', 'onnx-int8', 'checkpoint']),
  path: InsidePath,
  bytes: z.int().positive(),
  sha256,
});
export type ManifestFile = z.infer<typeof ManifestFile>;

/** A tensor of the ONNX models; a dimension is a number, or a name where it is free (`N`: photos of the batch). */
const Value = z.object({
  name: z.string(),
  type: z.literal('float32'),
  shape: z.array(z.union([z.int(), z.string()])),
  meaning: z.string(),
});

/** How a photo becomes the input: shortest side to `resize`, central square of `crop`, then (channel / 255 - mean) / std, R G B. */
export const ManifestPreprocessing = z.object({
  resize: z.int().positive(),
  crop: z.int().positive(),
  mean: z.array(z.number()).length(3),
  std: z.array(z.number().positive()).length(3),
});
export type ManifestPreprocessing = z.infer<typeof ManifestPreprocessing>;

export const Manifest = z.object({
  /** Of this file's layout. */
  format: z.literal(1),
  name: z.literal('emo-aen'),
  /** Of the model, from `bundle.version`. */
  version: z.string(),
  run: z.string(),
  /** ISO 8601, UTC: when the published weights were trained, which is when the best checkpoint was written. */
  trainedAt: z.string(),
  publishedAt: z.string(),
  datasetHash: z.string(),
  /** True where the pairs that it learned from were made by `emo-aen sample`. */
  synthetic: z.boolean(),
  /** What training began from: `random`, or the source and sha256 of the weights. */
  weights: z.string(),
  backbone: z.string(),
  /** sha256 of the settings files by their paths, and `resolved`: of all settings as they ran, overrides included. */
  settings: z.record(z.string(), sha256),
  /** The three files, each name once. */
  files: z.array(ManifestFile).length(3),
  input: Value.extend({ layout: z.literal('NCHW'), preprocessing: ManifestPreprocessing }),
  outputs: z.array(Value).min(2),
  /** The least ONNX operator set and IR version that a runtime must know. */
  onnx: z.object({ opset: z.int(), ir: z.int() }),
  metrics: z.object({ pairwiseAccuracy: Share, kendallTauB: z.number().nullable(), parity: Parity }),
});
export type Manifest = z.infer<typeof Manifest>;
