import { z } from 'zod';

const channels = z.tuple([z.number(), z.number(), z.number()]);

/** Settings of stage 3 (method §3). The numbers' meaning and units stand in `configs/preprocess.yaml`. */
export const PreprocessSettings = z
  .strictObject({
    resize: z.int().min(32).max(2048),
    crop: z.int().min(32).max(2048),
    normalize: z.strictObject({ mean: channels, std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]) }),
    augment: z.strictObject({
      flip: z.number().min(0).max(1),
      brightness: z.number().min(0).max(1),
      contrast: z.number().min(0).max(1),
      rotation: z.number().min(0).max(180),
    }),
  })
  .refine((settings) => settings.crop <= settings.resize, { path: ['crop'], message: 'crop must not be larger than resize' });
export type PreprocessSettings = z.infer<typeof PreprocessSettings>;
