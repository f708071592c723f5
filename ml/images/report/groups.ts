/** Findings by kind, as every form of the report shows them. */
import type { Finding } from '../../../configs/schema/audit.js';

export interface FindingGroup {
  readonly code: string;
  readonly severity: Finding['severity'];
  readonly cure: string;
  /** In the order in which the audit found them; never empty. */
  readonly findings: readonly Finding[];
}

/** Errors before warnings; within each, kinds in the order in which they were first met. */
export function grouped(findings: readonly Finding[]): FindingGroup[] {
  const groups = new Map<string, FindingGroup & { readonly findings: Finding[] }>();
  for (const found of findings) {
    const { code, severity, cure } = found;
    const group = groups.get(code);
    if (group === undefined) groups.set(code, { code, severity, cure, findings: [found] });
    else group.findings.push(found);
  }
  const all = [...groups.values()];
  return [...all.filter(({ severity }) => severity === 'error'), ...all.filter(({ severity }) => severity !== 'error')];
}
