/** The changelog's entry for going back to an earlier version, as Markdown. */
import type { Manifest } from '../../configs/schema/manifest.js';
import { accuracyText } from './entry.js';

export interface Rollback {
  readonly manifest: Manifest;
  /** The version that was published until then; null where it is not known. */
  readonly from: string | null;
  readonly at: Date;
  /** Who did it. */
  readonly by: string;
}

/** What the entry's markers name in place of a run: each rollback has its own. */
export function rollbackMarker({ manifest, at }: Rollback): string {
  return `rollback to ${manifest.version} at ${at.toISOString()}`;
}

export function rollbackEntry({ manifest, from, at, by }: Rollback): string {
  return [
    `## ${manifest.version} again: rolled back${from === null ? '' : ` from ${from}`}, ${at.toISOString().slice(0, 10)}`,
    '',
    `By ${by}. Published again is the model of run ${manifest.run}, trained ${manifest.trainedAt}, pairwise accuracy (test) ${accuracyText(manifest.metrics.pairwiseAccuracy)}.`,
  ].join('\n');
}
