/** `degradations.json` at the root of a sample set: what was done to make the bad photos. Its presence marks the pairs as synthetic. */
import { z } from 'zod';
import { FileName } from './path.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const DEGRADATION_KINDS = ['blur', 'noise', 'fading', 'dark', 'bright', 'jpeg', 'tilt', 'cast'] as const;
export const DegradationKind = z.enum(DEGRADATION_KINDS);
export type DegradationKind = z.infer<typeof DegradationKind>;

export const Degradation = z.object({
  stem: FileName,
  /** The square that was cut out of the source, in pixels of the upright source; `side` became `size` pixels. */
  crop: z.object({ left: z.int(), top: z.int(), side: z.int() }),
  size: z.int(),
  kind: DegradationKind,
  parameters: z.record(z.string(), z.number()),
  /** sha256 of both photos as they were made: what no longer has it is a person's, and is never removed. */
  sha256: z.object({ good: sha256, bad: sha256 }),
});
export type Degradation = z.infer<typeof Degradation>;

export const SampleRecord = z.object({
  version: z.literal(2),
  synthetic: z.literal(true),
  seed: z.int(),
  scenes: z.array(
    z.object({
      /** Directly below the set's folder. */
      folder: FileName,
      /** Name of the source file and sha256 of its bytes. */
      source: z.string(),
      sha256,
      pairs: z.array(Degradation),
    }),
  ),
  /** Sources that no pair could be made of. */
  skipped: z.array(z.object({ source: z.string(), reason: z.string() })),
});
export type SampleRecord = z.infer<typeof SampleRecord>;
