/** What the audit found (stage 2): `runs/<run>/audit.json`, and what `emo-aen audit --json` prints. */
import { z } from 'zod';

export const Finding = z.object({
  /** What kind of thing it is: a key of the table in ml/images/findings.ts. */
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  /** Relative to the photo root, with `/`; the splits file relative to the project root; `.` for the whole set. */
  file: z.string(),
  message: z.string(),
  cure: z.string(),
});
export type Finding = z.infer<typeof Finding>;

/** Holds no time and no path of a machine: the same set gives the same report. */
export const AuditReport = z.object({
  version: z.literal(1),
  /** No finding is an error. */
  ok: z.boolean(),
  /** Photo root and splits file as the settings name them. */
  root: z.string(),
  splitsFile: z.string(),
  /** Dataset hash; null where a photo could not be read. */
  hash: z.string().nullable(),
  synthetic: z.boolean(),
  folders: z.int(),
  photos: z.int(),
  /** Pairs of an epoch, by split; null where the set is not sound. */
  pairs: z.object({ train: z.int(), val: z.int(), test: z.int() }).nullable(),
  scored: z.int(),
  errors: z.int(),
  warnings: z.int(),
  findings: z.array(Finding),
});
export type AuditReport = z.infer<typeof AuditReport>;
