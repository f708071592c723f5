import { z } from 'zod';
import { ReadPath, WrittenPath } from './path.js';

/** Settings of stage 2 (method §2) and of `emo-aen splits`. The numbers' meaning and units stand in `configs/dataset.yaml`. */
export const DatasetSettings = z.strictObject({
  photos: z.strictObject({
    root: ReadPath,
    minSide: z.int().min(1),
    maxPixels: z.int().min(1),
    colourSpace: z.enum(['srgb']),
    minDeviation: z.number().min(0).max(128),
    nearCopyDistance: z.int().min(0).max(64),
  }),
  pairs: z.strictObject({
    pairing: z.enum(['by-name', 'cross']),
    limit: z.int().min(1),
    weights: z.record(z.string(), z.number().positive().max(100)),
    aspectTolerance: z.number().min(0),
  }),
  scores: z
    .strictObject({
      min: z.number(),
      max: z.number(),
      coverage: z.number().min(0).max(1),
      swapMargin: z.number().min(0),
    })
    .refine(({ min, max }) => min < max, { path: ['max'], message: 'max must be more than min' }),
  splits: z.strictObject({
    file: WrittenPath,
    seed: z.int().min(0),
    train: z.number().min(0).max(1),
    val: z.number().min(0).max(1),
    test: z.number().min(0).max(1),
    widestInterval: z.number().min(0).max(1),
  }),
  balance: z.strictObject({
    ruleAccuracy: z.number().min(0.5).max(1),
    largestFolder: z.number().min(0).max(1),
    labelRatio: z.number().min(1),
  }),
});
export type DatasetSettings = z.infer<typeof DatasetSettings>;
