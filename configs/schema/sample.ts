/** `degradations.json` at the root of a sample set: what was done to make the bad photos. Its presence marks the pairs as synthetic. */
import { z } from 'zod';

export const DEGRADATION_KINDS = ['blur', 'noise', 'fading', 'dark', 'bright', 'jpeg', 'tilt', 'cast'] as const;
export const DegradationKind = z.enum(DEGRADATION_KINDS);
export type DegradationKind = z.infer<typeof DegradationKind>;

export const Degradation = z.object({
  stem: z.string(),
  /** The square that was cut out of the source, in pixels of the upright source; `side` became `size` pixels. */
  crop: z.object({ left: z.int(), top: z.int(), side: z.int() }),
  size: z.int(),
  kind: DegradationKind,
  parameters: z.record(z.string(), z.number()),
});
export type Degradation = z.infer<typeof Degradation>;

export const SampleRecord = z.object({
  version: z.literal(1),
  synthetic: z.literal(true),
  seed: z.int(),
  scenes: z.array(
    z.object({
      folder: z.string(),
      /** Name of the source file and sha256 of its bytes. */
      source: z.string(),
      sha256: z.string(),
      pairs: z.array(Degradation),
    }),
  ),
  /** Sources that no pair could be made of. */
  skipped: z.array(z.object({ source: z.string(), reason: z.string() })),
});
export type SampleRecord = z.infer<typeof SampleRecord>;
