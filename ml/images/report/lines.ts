/** The findings for a terminal: by kind, the first of each. */
import type { AuditReport } from '../../../configs/schema/audit.js';
import { visible } from '../names.js';
import { grouped, type FindingGroup } from './groups.js';

/** Of each kind; `--json` has them all. */
const SHOWN = 5;

/** One block of lines per kind. */
export function reportLines({ findings }: AuditReport): string[] {
  return grouped(findings).flatMap(block);
}

function block({ severity, code, cure, findings }: FindingGroup): string[] {
  const more = findings.length - SHOWN;
  return [
    `${severity}: ${code} (${findings.length})`,
    ...findings.slice(0, SHOWN).map(({ file, message }) => `  ${visible(file)}: ${visible(message)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
    `  cure: ${cure}`,
  ];
}
