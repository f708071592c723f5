/** What the audit found (stage 2): `runs/<run>/<task>/audit.json`, and what `emo-aen audit --json` prints. */
import { z } from 'zod';
import { Split } from './photos.js';

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

/** A rule that knows nothing of beauty, and how often it tells the good photo of a pair from the bad one (95 % Wilson interval). */
export const TrivialRule = z.object({
  /** What it looks at: `bytes`, `pixels`, `aspect`, `quality`, `encoder`. */
  by: z.string(),
  /** In words: "the file with more bytes is the good one". */
  rule: z.string(),
  accuracy: z.number(),
  low: z.number(),
  high: z.number(),
  /** Pairs that it was tried on. */
  pairs: z.int(),
});
export type TrivialRule = z.infer<typeof TrivialRule>;

/** How often a number falls into each bin, good and bad photos apart; the last bin holds its upper end. */
export const Distribution = z.object({
  name: z.string(),
  unit: z.string(),
  bins: z.array(z.object({ from: z.number(), to: z.number(), good: z.int(), bad: z.int() })),
});
export type Distribution = z.infer<typeof Distribution>;

/** How often each value of something that is no number is met; most frequent first. */
export const Counts = z.object({ name: z.string(), values: z.array(z.object({ value: z.string(), good: z.int(), bad: z.int() })) });
export type Counts = z.infer<typeof Counts>;

export const SplitSize = z.object({
  folders: z.int(),
  photos: z.int(),
  /** Pairs of an epoch. */
  pairs: z.int(),
  /** Width of the 95 % interval (Wilson) around a pairwise accuracy of 0.8 that these pairs can give; null without pairs. */
  interval: z.number().nullable(),
});
export type SplitSize = z.infer<typeof SplitSize>;

export const FolderPairs = z.object({
  folder: z.string(),
  split: Split,
  /** That there are, before the limit. */
  pairs: z.int(),
  weight: z.number(),
  /** That an epoch draws, after limit and weight. */
  perEpoch: z.int(),
});
export type FolderPairs = z.infer<typeof FolderPairs>;

/** Holds no time and no path of a machine: the same set gives the same report. */
export const AuditReport = z.object({
  version: z.literal(2),
  /** `fast` shrinks photos while it loads them, and cannot see what `unseen` names. */
  mode: z.enum(['full', 'fast']),
  /** Sentences; none of a full audit. */
  unseen: z.array(z.string()),
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
  splits: z.object({ train: SplitSize, val: SplitSize, test: SplitSize }),
  folderPairs: z.array(FolderPairs),
  /** Photos with a mean opinion score. */
  scored: z.int(),
  rules: z.array(TrivialRule),
  distributions: z.array(Distribution),
  counts: z.array(Counts),
  /** Files that are near copies of each other, wherever they stand; largest cluster first. */
  clusters: z.array(z.array(z.string())),
  errors: z.int(),
  warnings: z.int(),
  findings: z.array(Finding),
});
export type AuditReport = z.infer<typeof AuditReport>;

/** What is read of a report, also of one that an earlier release wrote. */
export const AuditVerdict = AuditReport.pick({ ok: true, errors: true });
