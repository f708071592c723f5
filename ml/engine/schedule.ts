import type { TrainSettings } from '../../configs/schema/train.js';

/**
 * Learning rate of optimiser step `step` (counted from 0) where an epoch has `stepsPerEpoch` steps.
 *
 * Let W = warmupEpochs * stepsPerEpoch, rounded, T = epochs * stepsPerEpoch.
 * - step < W: linear, peak * (step + 1) / W, so that the first step already moves and step W - 1 reaches the peak.
 * - else: half a cosine, minLr + (peak - minLr) * (1 + cos(pi * (step - W) / (T - W))) / 2: the peak at step W, and towards
 *   minLr one step after the last.
 * Where the warmup would take the whole run (W >= T) there is only warmup. Method §4; Loshchilov and Hutter, "SGDR" (2017).
 */
export function learningRate(step: number, stepsPerEpoch: number, peak: number, schedule: TrainSettings['schedule']): number {
  const warmup = Math.round(schedule.warmupEpochs * stepsPerEpoch);
  const total = schedule.epochs * stepsPerEpoch;
  if (step < warmup) return (peak * (step + 1)) / warmup;
  const progress = (step - warmup) / (total - warmup);
  return schedule.minLr + ((peak - schedule.minLr) * (1 + Math.cos(Math.PI * progress))) / 2;
}
