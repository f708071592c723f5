/** What `emo-aen audit --fix` did: `fix.json` in the folder of the corrected copy. */
import { z } from 'zod';

/** What can be done about a photo. One that is listed without an action is in the copy byte for byte. */
export const FIX_ACTIONS = [
  'turned-upright',
  'converted-to-srgb',
  'flattened-on-white',
  'trailing-bytes-dropped',
  'renamed',
  'encoded-as-jpeg',
  'encoded-as-png',
] as const;
export const FixAction = z.enum(FIX_ACTIONS);
export type FixAction = z.infer<typeof FixAction>;

export const FixedPhoto = z.object({
  /** In the copy, relative to its root, with `/`. */
  file: z.string(),
  /** In the set, relative to the photo root. */
  from: z.string(),
  actions: z.array(FixAction),
  /** sha256 of the file's bytes in the set and in the copy. */
  before: z.string(),
  after: z.string(),
});
export type FixedPhoto = z.infer<typeof FixedPhoto>;

export const LeftOut = z.object({
  /** Relative to the photo root. */
  file: z.string(),
  /** What cannot be put right: a key of the table in ml/images/findings.ts. */
  code: z.string(),
  message: z.string(),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** Holds no time and no path of a machine: the same set gives the same record. */
export const FixRecord = z.object({
  version: z.literal(1),
  /** Photo root of the set, as the settings name it, and the set's hash; null where a photo could not be read. */
  root: z.string(),
  hash: z.string().nullable(),
  photos: z.array(FixedPhoto),
  leftOut: z.array(LeftOut),
  /** Photos of the copy (`file`) that lost their partner of the same name (`without`, in the set); none where names do not make pairs. */
  brokenPairs: z.array(z.object({ file: z.string(), without: z.string() })),
  /** Files of scores in which photos were renamed, or rows of photos that are left out dropped. */
  scores: z.array(z.object({ file: z.string(), renamed: z.int(), dropped: z.int() })),
});
export type FixRecord = z.infer<typeof FixRecord>;
