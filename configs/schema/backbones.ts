import { z } from 'zod';

/** Backbones that `model.backbone` may name. Each has its table in `ml/network/table.ts`. */
export const BackboneName = z.enum(['mobilenet_v3_large', 'mobilenet_v3_large_minimalistic', 'mobilenet_v3_small']);
export type BackboneName = z.infer<typeof BackboneName>;
