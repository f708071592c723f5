import { z } from 'zod';

/** Settings of each ranking loss, by its name. A new loss is a row here, a file in `ml/losses/`, and a row in `ml/losses/losses.ts`. */
const LOSSES = {
  hinge: z.strictObject({ margin: z.number().positive().max(2).default(0.2) }).prefault({}),
  logistic: z.strictObject({ temperature: z.number().positive().max(2).default(0.1) }).prefault({}),
};

export const LossKind = z.keyof(z.object(LOSSES));
export type LossKind = z.infer<typeof LossKind>;

/** `loss` of `train.yaml` (method §4). Only the settings under the name in `kind` are used. */
export const LossSettings = z.strictObject({
  kind: LossKind.default('hinge'),
  ...LOSSES,
  regressionWeight: z.number().min(0),
});
export type LossSettings = z.infer<typeof LossSettings>;
