/** The method's automation checklist (§8) as `emo-aen checklist --json` prints it: each item with its proofs. */
import { z } from 'zod';

export const CHECKLIST_ITEMS = ['dataset', 'preprocess', 'logs', 'models', 'docs'] as const;

export const ChecklistItem = z.object({
  id: z.enum(CHECKLIST_ITEMS),
  title: z.string(),
  /** True where nothing is missing. */
  done: z.boolean(),
  /** What was found on disk, a sentence each. */
  evidence: z.array(z.string()),
  /** What was not, or is not what it was, with its cure where there is one. */
  missing: z.array(z.string()),
});
export type ChecklistItem = z.infer<typeof ChecklistItem>;

export const Checklist = z.object({
  run: z.string(),
  /** Every item is done. */
  complete: z.boolean(),
  items: z.array(ChecklistItem),
});
export type Checklist = z.infer<typeof Checklist>;
