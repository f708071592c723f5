/** Artifact `changelog-entry` (stage 8): what a run wrote into the changelog of models, so that a later edit can be told. */
import { z } from 'zod';
import { WrittenPath } from './path.js';
import { SettingsFile } from './plan.js';

export const ChangelogRecord = z.object({
  version: z.literal(1),
  run: z.string(),
  /** The changelog, relative to the project root. */
  file: WrittenPath,
  /** The entry as it stands between the run's markers. */
  entry: z.string(),
  /** Of the entry in UTF-8. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  datasetHash: z.string(),
  /** Every settings file of the run, as the entry names them. */
  settings: z.array(SettingsFile),
});
export type ChangelogRecord = z.infer<typeof ChangelogRecord>;
