/**
 * The factor that gradients are multiplied by on their way in float16, whose smallest numbers they would fall below (Micikevicius et al., "Mixed
 * Precision Training", 2018, section 3.2). It begins high; a step whose gradients overflow is taken again with half of it, and after
 * many good steps in a row it doubles. Powers of two only: they change exponents, never digits.
 */
import { z } from 'zod';

export const LossScale = z.object({
  value: z.number().min(1),
  /** Steps since it last changed. */
  steps: z.int().nonnegative(),
});
export type LossScale = z.infer<typeof LossScale>;

export const FIRST_LOSS_SCALE: LossScale = { value: 2 ** 16, steps: 0 };
const HIGHEST = 2 ** 24;
const STEPS_TO_DOUBLE = 2000;

/** Null where nothing is left to halve: then the numbers are at fault, not their range. */
export function afterOverflow({ value }: LossScale): LossScale | null {
  return value > 1 ? { value: value / 2, steps: 0 } : null;
}

export function afterGoodStep({ value, steps }: LossScale): LossScale {
  if (steps + 1 < STEPS_TO_DOUBLE || value >= HIGHEST) return { value, steps: steps + 1 };
  return { value: 2 * value, steps: 0 };
}
