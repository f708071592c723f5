/** All that is known of a set once each photo was looked at: what the checks of the set as a whole read. */
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { Split } from '../../configs/schema/photos.js';
import type { Inspection } from './inspect.js';
import type { NearDuplicate } from './near-duplicates.js';
import type { Scores } from './scores.js';

export interface InspectedSet {
  readonly settings: DatasetSettings;
  readonly folders: readonly string[];
  /** Every photo, in the order of their files' code units. */
  readonly photos: readonly Inspection[];
  /** By photo file; a photo without a split is missing. */
  readonly splitOf: ReadonlyMap<string, Split>;
  /** Which photos show the same picture, by their places in `photos`. */
  readonly nearDuplicates: readonly NearDuplicate[];
  /** By photo file; a photo that nobody scored is missing. */
  readonly scores: Scores['byFile'];
}
