/**
 * `models/manifest.json`: what is published, and all that a client needs to use it (method §7.4).
 *
 * What a reader does: read the manifest once; take the first file whose `runtimes` hold its runtime; read it by its `path` and
 * refuse it unless its sha256 is the manifest's; prepare photos as `input.preprocessing` says; judge scores by that file's `scores` and `close`. Files below `versions/` never change, so a
 * reader that began with one manifest gets all of one version, whatever is published meanwhile.
 */
import { z } from 'zod';
import { Share } from './evaluation.js';
import { InnerPath } from './path.js';
import { Yardstick } from './scores.js';

/** Of the layout; raised where a reader of the old one would misread the new one. */
export const MANIFEST_FORMAT = 3;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `1.2.0`: how versions of models are named. */
export const Version = z.string().regex(/^\d+\.\d+\.\d+$/, 'a version such as 1.0.0');

/** Relative to the folder that holds the manifest, with `/`; it never leads out of that folder. */
const InsidePath = InnerPath.min(1).regex(
  /^(?!\.{1,2}(\/|$))[^/\\:\0]+(\/(?!\.{1,2}(\/|$))[^/\\:\0]+)*$/,
  'a path inside the bundle, relative and with /, without . and .. in it',
);

const PlacedFile = z.object({ path: InsidePath, bytes: z.int().positive(), sha256 });

/** `native`: onnxruntime on a CPU; `wasm` and `webgpu`: onnxruntime-web. */
export const Runtime = z.enum(['native', 'wasm', 'webgpu']);
export type Runtime = z.infer<typeof Runtime>;

/** Milliseconds for one photo, preparation not counted. */
export const Latency = z.object({
  runtime: Runtime,
  threads: z.int().positive(),
  p50Ms: z.number().positive(),
  /** Null where only the median was measured. */
  p95Ms: z.number().positive().nullable(),
  /** The machine or stand-in it was measured on. */
  device: z.string(),
});
export type Latency = z.infer<typeof Latency>;

export const ManifestFile = PlacedFile.extend({
  /**
   * `fp32`: float32; `int8`: static INT8 (QDQ); `int8-weights`: weights in INT8, computed in float32; `checkpoint`: safetensors with
   * torchvision's parameter names.
   */
  name: z.enum(['fp32', 'int8', 'int8-weights', 'checkpoint']),
  /** ONNX operator set that a runtime must know; null for what is no ONNX model. */
  opset: z.int().nullable(),
  /** For which runtimes it is meant; a reader takes the first file that names its own (`fileFor` in ml/bundle/file-for.ts). */
  runtimes: z.array(Runtime),
  /** Where it was measured. */
  latency: z.array(Latency),
  /** Pairwise accuracy on the test split; null where this file was not measured by itself. */
  accuracy: Share.nullable(),
  /** Of this file's own scores; both null for what is no ONNX model. */
  ...Yardstick.shape,
});
export type ManifestFile = z.infer<typeof ManifestFile>;

/** A tensor of the ONNX models; a dimension is a number, or a name where it is free (`N`: photos of the batch). */
const Value = z.object({
  name: z.string(),
  type: z.literal('float32'),
  shape: z.array(z.union([z.int(), z.string()])),
  meaning: z.string(),
});

/** How a photo becomes the input. The steps are those of the words, in this order; then (channel / 255 - mean) / std. */
export const ManifestPreprocessing = z.object({
  /** Turned upright as EXIF says, then sRGB with 8 bits, alpha dropped. */
  orientation: z.literal('exif'),
  colourSpace: z.literal('sRGB'),
  channels: z.literal('RGB'),
  /** The shortest side becomes this many pixels; the other side is in proportion, rounded down. */
  resize: z.int().positive(),
  resizeSide: z.literal('shortest'),
  otherSide: z.literal('floor'),
  /** Bilinear, antialiased: the kernel widens with the reduction. */
  kernel: z.literal('linear-antialiased'),
  /** Side of the central square in pixels; where a margin is half a pixel, the square begins at the even one. */
  crop: z.int().positive(),
  cropOffset: z.literal('half-to-even'),
  mean: z.array(z.number()).length(3),
  std: z.array(z.number().positive()).length(3),
});
export type ManifestPreprocessing = z.infer<typeof ManifestPreprocessing>;

/** Its JSON Schema is `configs/schema/manifest.schema.json`. */
export const Manifest = z.object({
  format: z.literal(MANIFEST_FORMAT),
  name: z.literal('emo-aen'),
  /** Of the model, from `bundle.version`. */
  version: Version,
  run: z.string(),
  /** ISO 8601, UTC: when the published weights were trained, which is when the best checkpoint was written. */
  trainedAt: z.string(),
  publishedAt: z.string(),
  datasetHash: z.string(),
  /** sha256 over the photos of the test pairs: accuracies of two versions are of the same pairs where this is the same. Null: not known. */
  testHash: sha256.nullable(),
  /** True where the pairs that it learned from were made by `emo-aen sample`. */
  synthetic: z.boolean(),
  /** What training began from: `random`, or the source and sha256 of the weights. */
  weights: z.string(),
  /** Of those weights, in words; null where it is not known. */
  licence: z.string().nullable(),
  backbone: z.string(),
  /** The commit that was checked out when it was published; null outside a repository. */
  gitCommit: z.string().nullable(),
  /** sha256 of the settings files by their paths, and `resolved`: of all settings as they ran, overrides included. */
  settings: z.record(z.string(), sha256),
  /** `fp32`, `int8` and `checkpoint`, and `int8-weights` where it was made: each name once. */
  files: z.array(ManifestFile).min(3).max(4),
  /** `card`: the model card; `metrics`: evaluation and parity; `settings`: as they ran; `checksums`: of all other files, for `sha256sum -c`. */
  documents: z.object({ card: PlacedFile, metrics: PlacedFile, settings: PlacedFile, checksums: PlacedFile }).nullable(),
  input: Value.extend({ layout: z.enum(['NCHW', 'NHWC']), preprocessing: ManifestPreprocessing }),
  /** `embedding` and `score`; `mean_opinion_score` where it was trained. */
  outputs: z.array(Value).min(2),
  /** The least ONNX operator set and IR version that a runtime must know. */
  onnx: z.object({ opset: z.int(), ir: z.int() }),
  /** Of the trained network on the test split. */
  metrics: z.object({ pairwiseAccuracy: Share, kendallTauB: z.number().nullable() }),
});

export type Manifest = z.infer<typeof Manifest>;
