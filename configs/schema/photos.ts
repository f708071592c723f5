/** The files that carry photos from stage to stage: the audit's dataset index and the cache's index. */
import { z } from 'zod';
import { plain } from './path.js';

export const Split = z.enum(['train', 'val', 'test']);
export type Split = z.infer<typeof Split>;
export const Label = z.enum(['good', 'bad']);
export type Label = z.infer<typeof Label>;

/**
 * One photo of the set. `file` is relative to the photo root (`folder/good/name.jpg`); `score` is the mean opinion score or null, `deviation` the
 * standard deviation of the single scores and `count` the people who scored, where scores.csv tells them.
 */
export const Photo = z.object({
  // Names are whatever the disk gave; only the way out of the photo root is none.
  file: z.string().refine((file) => plain(file) === file && !file.includes('\0'), 'a path below the photo root'),
  folder: z.string(),
  label: Label,
  split: Split,
  sha256: z.string(),
  width: z.int(),
  height: z.int(),
  score: z.number().nullable(),
  deviation: z.number().optional(),
  count: z.int().optional(),
});
export type Photo = z.infer<typeof Photo>;

/** What a run of an earlier release left: `stem` was the name of `by-name`, which had no limit, and folders had no weights. */
function fromVersion1(input: unknown): unknown {
  const old = z.looseObject({ version: z.literal(1), pairing: z.string(), crossLimit: z.int() }).safeParse(input);
  if (!old.success) return input;
  const { pairing, crossLimit, ...same } = old.data;
  const byName = pairing === 'stem';
  return { ...same, version: 2, pairing: byName ? 'by-name' : pairing, limit: byName ? Number.MAX_SAFE_INTEGER : crossLimit, weights: {} };
}

/** Artifact `dataset`: what the audit found to be sound. `pairs` are drawn within a folder; `good` and `bad` are indices into `photos`. */
export const DatasetIndex = z.preprocess(
  fromVersion1,
  z.object({
    version: z.literal(2),
    /** sha256 over every photo's path and digest, sorted by path: the dataset hash of manifest and changelog. */
    hash: z.string(),
    root: z.string(),
    /** True where the pairs were made by `emo-aen sample`. */
    synthetic: z.boolean(),
    pairing: z.enum(['by-name', 'cross']),
    /** Pairs of a folder in an epoch, at most. */
    limit: z.int(),
    /** How often a folder's pairs are drawn in an epoch, by folder; 1 where it is not named. */
    weights: z.record(z.string(), z.number()),
    photos: z.array(Photo),
  }),
);
export type DatasetIndex = z.infer<typeof DatasetIndex>;

/**
 * Artifact `cache-index`: how the packed cache is laid out. The cache holds, for photo i of `photos`, `size * size * 3` bytes at
 * offset `i * size * size * 3`: RGB, uint8, interleaved, the central square after resizing the shortest side to `size`.
 */
export const CacheIndex = z.object({
  version: z.literal(1),
  dataset: DatasetIndex,
  /** Settings of stage 3 as they ran; validation and export take crop and normalisation from here. */
  size: z.int(),
  crop: z.int(),
  mean: z.array(z.number()).length(3),
  std: z.array(z.number()).length(3),
  augment: z.object({ flip: z.number(), brightness: z.number(), contrast: z.number(), rotation: z.number() }),
  cacheSha256: z.string(),
});
export type CacheIndex = z.infer<typeof CacheIndex>;
