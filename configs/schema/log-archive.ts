/** Artifact `log-archive` (stage 8): where the rows of `metrics.jsonl` went in Weights & Biases, and the proof of it. */
import { z } from 'zod';
import { InnerPath } from './path.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const LogArchive = z.object({
  version: z.literal(1),
  mode: z.enum(['online', 'offline']),
  /** W&B project. */
  project: z.string(),
  run: z.string(),
  /** W&B's id of the run: the same project, run and metrics always have the same. */
  runId: z.string(),
  /** Rows that W&B holds, counted after they were written: those of the metrics file. */
  rows: z.int().nonnegative(),
  metrics: z.object({ path: InnerPath, sha256 }),
  /** True only where W&B's server has confirmed every row. */
  uploaded: z.boolean(),
  /** Page of the run; null offline. */
  url: z.string().nullable(),
  /** The offline run, which `wandb sync` uploads; relative to the project root. Null online. */
  file: z.object({ path: InnerPath, sha256, bytes: z.int() }).nullable(),
});
export type LogArchive = z.infer<typeof LogArchive>;
