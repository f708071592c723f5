/** How the test photos score with one model. Scores of two models compare with each other only as far as their errors allow, so each has its own. */
import { z } from 'zod';

/** Scores at 0, 5, 10 … 100 % of a group of photos, lowest first, between two photos linearly. */
const Quantiles = z.array(z.number()).length(21);

/** So that a client can say of a photo which share of the test photos it beats. */
export const ScoreDistribution = z.object({
  split: z.literal('test'),
  photos: z.int().positive(),
  all: Quantiles,
  good: Quantiles.nullable(),
  bad: Quantiles.nullable(),
});
export type ScoreDistribution = z.infer<typeof ScoreDistribution>;

/** Two scores that differ by less than `margin` are close: their order is right less often than `rightShare`. */
export const Closeness = z.object({
  margin: z.number().min(0).max(2),
  rightShare: z.number().min(0.5).max(1),
  /** Of the test split, that it was learned from. */
  pairs: z.int().positive(),
});
export type Closeness = z.infer<typeof Closeness>;

/** What a client compares a model's scores with. */
export const Yardstick = z.object({
  /** Null where there are no test photos. */
  scores: ScoreDistribution.nullable(),
  /** Null without pairs, and where all photos score the same. */
  close: Closeness.nullable(),
});
export type Yardstick = z.infer<typeof Yardstick>;
