import { z } from 'zod';
import { WrittenPath } from './path.js';

const AgreementLimits = z.strictObject({
  cosineMedian: z.number().min(-1).max(1),
  cosineFifth: z.number().min(-1).max(1),
  errorOverVariance: z.number().positive(),
  pairsAlike: z.number().min(0).max(1),
  allPairsAlike: z.number().min(0).max(1),
  accuracyDrop: z.number().min(0).max(1),
});
export type AgreementLimits = z.infer<typeof AgreementLimits>;

/** Settings of stages 7 and 8 (method §7, §8). The numbers' meaning and units stand in `configs/export.yaml`. */
export const ExportSettings = z.strictObject({
  onnx: z.strictObject({
    opset: z.int().min(17).max(22),
    preprocess: z.enum(['outside', 'inside']),
  }),
  quantize: z.strictObject({
    calibrationPhotos: z.int().min(2),
    calibrationSeed: z.int().min(0),
    ranges: z.enum(['least-squares', 'min-max', 'percentile']),
    percentile: z.number().gt(0.5).max(1),
    equalization: z.number().min(0).max(1),
    rounding: z.enum(['least-error', 'nearest']),
    biasCorrection: z.boolean(),
  }),
  parity: z.strictObject({
    fp32ScoreError: z.number().positive(),
    int8: AgreementLimits,
    int8Weights: AgreementLimits,
  }),
  latency: z.strictObject({
    rounds: z.int().min(1),
    runs: z.int().min(1),
    browser: z.enum(['auto', 'off']),
  }),
  bundle: z.strictObject({
    version: z.string().regex(/^(auto|\d+\.\d+\.\d+)$/, 'a version such as 1.0.0, or auto'),
    directory: WrittenPath,
    force: z.boolean(),
    licence: z.string().min(1).nullable(),
  }),
  archive: z.strictObject({
    mode: z.enum(['online', 'offline']),
    project: z.string().min(1),
  }),
  changelog: z.strictObject({
    file: WrittenPath,
  }),
});
export type ExportSettings = z.infer<typeof ExportSettings>;
