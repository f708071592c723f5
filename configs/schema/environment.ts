/** Artifact `environment` (stage 1): on what a run ran, down to every version. It holds no secret and no path. */
import { z } from 'zod';

const Versions = z.record(z.string(), z.string());

export const Environment = z.object({
  version: z.literal(1),
  run: z.string(),
  /** ISO 8601, UTC. */
  checkedAt: z.string(),
  node: z.string(),
  system: z.object({ platform: z.string(), release: z.string(), architecture: z.string() }),
  processor: z.object({ model: z.string(), cores: z.int().positive() }),
  /** GiB. */
  memory: z.object({ total: z.number(), free: z.number() }),
  /** GiB free where the project lies. */
  disk: z.object({ free: z.number() }),
  device: z.object({
    wanted: z.enum(['auto', 'cuda', 'cpu']),
    /** What TensorFlow will use. */
    found: z.enum(['cuda', 'cpu']),
    /** Name and driver as the driver tells them; null without one. */
    gpu: z.object({ name: z.string(), driver: z.string() }).nullable(),
  }),
  /** TensorFlow's intra-op threads. */
  threads: z.int().positive(),
  /** Of npm packages, by name. */
  packages: Versions,
  /** Of native libraries, as each told it after it was loaded. */
  libraries: Versions,
  /** Python's own under `python`, and of the packages in the project's environment. */
  python: Versions,
});
export type Environment = z.infer<typeof Environment>;
