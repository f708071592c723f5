/** What every form of the report says first. */
import type { AuditReport } from '../../../configs/schema/audit.js';

export function verdict({ ok, folders, photos, errors }: AuditReport): string {
  const size = `${counted(photos, 'photo')} in ${counted(folders, 'folder')}`;
  return ok ? `${size}: the set is sound.` : `${size}: ${counted(errors, 'error')} must be mended first.`;
}

/** Names and values. */
export function facts({ mode, root, splitsFile, hash, synthetic, scored }: AuditReport): (readonly [string, string])[] {
  return [
    ['mode', mode === 'full' ? 'full: every photo decoded as a whole' : 'fast: photos shrunk while they were loaded'],
    ['photo root', root],
    ['splits', splitsFile],
    ['dataset hash', hash ?? 'none: not every photo could be read'],
    ['pairs', synthetic ? 'synthetic: made by `emo-aen sample`' : 'as found'],
    ['photos with a mean opinion score', String(scored)],
  ];
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
/** A share in [0, 1] as people read it. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
