/** `docs/splits.json`: which folder, or which pairs of a folder, belong to which split (method §2.3). */
import { z } from 'zod';
import { Split } from './photos.js';

/** Stems of a folder's photos by split, each stem in one list: `{train: ["a", "b"], val: [], test: ["c"]}`. */
export const StemLists = z.strictObject({ train: z.array(z.string()), val: z.array(z.string()), test: z.array(z.string()) });
export type StemLists = z.infer<typeof StemLists>;

export const Assignments = z.record(z.string(), z.union([Split, StemLists]));
export type Assignments = z.infer<typeof Assignments>;

/** `datasetHash` locks the splits to one set of photos; without it nothing is locked. */
export const LockedSplits = z.strictObject({
  version: z.literal(1),
  datasetHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hexadecimal')
    .optional(),
  splits: Assignments,
});
export type LockedSplits = z.infer<typeof LockedSplits>;
