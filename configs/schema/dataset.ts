import { z } from 'zod';

/** Settings of stage 2 (method §2) and of `emo-aen splits`. The numbers' meaning and units stand in `configs/dataset.yaml`. */
export const DatasetSettings = z.strictObject({
  photos: z.strictObject({
    root: z.string().min(1),
    minSide: z.int().min(1),
    maxPixels: z.int().min(1),
    colourSpace: z.enum(['srgb']),
    nearCopyDistance: z.int().min(0).max(64),
  }),
  pairs: z.strictObject({
    pairing: z.enum(['stem', 'cross']),
    crossLimit: z.int().min(1),
  }),
  splits: z.strictObject({
    file: z.string().min(1),
    seed: z.int().min(0),
    train: z.number().min(0).max(1),
    val: z.number().min(0).max(1),
    test: z.number().min(0).max(1),
  }),
});
export type DatasetSettings = z.infer<typeof DatasetSettings>;
