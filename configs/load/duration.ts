/** Durations as pipelines write them: `90s`, `10m`, `4h`, `500ms`. */
import { Duration } from '../schema/pipeline.js';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Whole milliseconds, or undefined where the text is no duration. */
export function milliseconds(text: string): number | undefined {
  if (!Duration.safeParse(text).success) return undefined;
  const unit = /[a-z]+$/.exec(text)?.[0] ?? '';
  const factor = UNIT_MS[unit];
  return factor === undefined ? undefined : Math.round(Number.parseFloat(text) * factor);
}
