/** `docs/splits.json`: which folder, or which pairs of a folder, belong to which split (method §2.3). */
import { z } from 'zod';
import { Split } from './photos.js';

/** Stems of a folder's photos by split, each stem in one list: `{train: ["a", "b"], val: [], test: ["c"]}`. */
export const StemLists = z
  .strictObject({ train: z.array(z.string()), val: z.array(z.string()), test: z.array(z.string()) })
  .describe("names of the folder's photos, without their extensions, by split");
export type StemLists = z.infer<typeof StemLists>;

const Assignment = z.union([Split.describe('the split of the whole folder'), StemLists]);
export const Assignments = z.record(z.string(), Assignment).describe('folder: train, val or test, or its photos by split');
export type Assignments = z.infer<typeof Assignments>;

/** What a folder held: enough to say that it changed, and short enough to be read in a diff. */
export const FolderDigest = z.strictObject({
  photos: z.int().min(0),
  /** Start of the dataset hash of the folder alone. */
  digest: z.string().regex(/^[0-9a-f]{16}$/, '16 digits of lower-case hexadecimal'),
});
export const FolderDigests = z.record(z.string(), FolderDigest);
export type FolderDigests = z.infer<typeof FolderDigests>;

const schemaLine = z.string().optional().describe('this schema, for editors');

/** `datasetHash` locks the splits to one set of photos; without it nothing is locked. */
export const LockedSplits = z.strictObject({
  $schema: schemaLine,
  version: z.literal(1),
  datasetHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hexadecimal')
    .optional()
    .describe('sha256 over the path and digest of every photo; locks the splits to these photos'),
  splits: Assignments,
  /** Without it a file only says that the set changed. */
  folders: FolderDigests.optional().describe('what each folder held when the splits were locked'),
});
export type LockedSplits = z.infer<typeof LockedSplits>;

/** The plain form, as people write it: assignments alone, which lock nothing. */
export const PlainSplits = z.object({ $schema: schemaLine }).catchall(Assignment);

export const SplitsFile = z.union([LockedSplits, PlainSplits]);
